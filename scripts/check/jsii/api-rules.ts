import {
  CollectionKind, PrimitiveType, TypeKind,
  isCollectionTypeReference, isIntersectionTypeReference, isPrimitiveTypeReference, isUnionTypeReference,
  type Assembly, type Callable, type Docs, type Type, type TypeReference,
} from '@jsii/spec';

/** The subjects of one rule, and those that break it. */
export interface Finding {
  readonly rule: string;
  readonly checked: number;
  readonly problems: string[];
}

/** A part of the public API, with its name in reports. */
interface Named<T> {
  readonly name: string;
  readonly value: T;
}

/** Checks the public API of an assembly against the rules that keep it usable in every language of jsii. */
export function checkApi(assembly: Assembly): Finding[] {
  const types = Object.values(assembly.types ?? {});
  return [
    judge('types that every language has: no union, intersection, any or json', types.flatMap(typeReferences), findTypeProblem),
    judge('a @default on every optional property of a struct', types.flatMap(optionalProperties), findDefaultProblem),
    judge('a summary, in one whole sentence', types.flatMap(documented), findSummaryProblem),
    judge('no summary of a parameter that is cut short within code', types.flatMap(documentedParameters), findCutCode),
    judge('no text of a parameter that goes on after its first sentence', types.flatMap(documentedParameters), findRemarks),
  ];
}

function judge<T>(rule: string, things: Named<T>[], findProblem: (value: T) => string | undefined): Finding {
  const problems = things.flatMap(({ name, value }) => {
    const problem = findProblem(value);
    return problem === undefined ? [] : [`${name} ${problem}`];
  });
  return { rule, checked: things.length, problems };
}

function findTypeProblem(reference: TypeReference): string | undefined {
  if (isUnionTypeReference(reference)) { return 'is a union'; }
  if (isIntersectionTypeReference(reference)) { return 'is an intersection'; }
  if (isCollectionTypeReference(reference)) {
    const { kind, elementtype } = reference.collection;
    const problem = findTypeProblem(elementtype);
    return problem && `${problem}, as element of ${kind === CollectionKind.Array ? 'an array' : 'a map'}`;
  }
  if (isPrimitiveTypeReference(reference) && [PrimitiveType.Any, PrimitiveType.Json].includes(reference.primitive)) {
    return `is of type ${reference.primitive}`;
  }
  return undefined;
}

function findDefaultProblem(docs: Docs | undefined): string | undefined {
  return docs?.default ? undefined : 'has no @default';
}

/** jsii ends a summary at the first mark that may end a sentence, so a semicolon or an exclamation mark cuts it short. */
function findSummaryProblem(docs: Docs | undefined): string | undefined {
  const summary = docs?.summary;
  if (!summary) { return 'has no summary'; }
  const whole = summary.endsWith('.') && isWholeCode(summary);
  return whole ? undefined : `has a summary that isn't a whole sentence: ${summary}`;
}

function findCutCode(docs: Docs | undefined): string | undefined {
  return isWholeCode(docs?.summary) ? undefined : `has a summary that ends within code: ${docs?.summary}`;
}

/** Java shows only the summary. */
function findRemarks(docs: Docs | undefined): string | undefined {
  const remarks = docs?.remarks;
  return remarks && `has a text that Java cuts at the first ".", "!", "?" or ";": it loses "${remarks}"`;
}

function isWholeCode(summary = ''): boolean {
  return (summary.match(/`/g) ?? []).length % 2 === 0;
}

function typeReferences(type: Type): Named<TypeReference>[] {
  return [
    ...propertiesOf(type).map(({ name, type: value }) => ({ name: `${type.name}.${name}`, value })),
    ...callablesOf(type).flatMap(({ name, value: { parameters = [], returns } }) => [
      ...parameters.map((parameter) => ({ name: `${name}(${parameter.name})`, value: parameter.type })),
      ...(returns ? [{ name: `${name} returns`, value: returns.type }] : []),
    ]),
  ];
}

function callablesOf(type: Type): Named<Callable & { readonly returns?: { readonly type: TypeReference } }>[] {
  const initializer = type.kind === TypeKind.Class && type.initializer ? [{ name: `new ${type.name}`, value: type.initializer }] : [];
  return [...initializer, ...methodsOf(type).map((method) => ({ name: `${type.name}.${method.name}`, value: method }))];
}

function optionalProperties(type: Type): Named<Docs | undefined>[] {
  if (type.kind !== TypeKind.Interface || !type.datatype) { return []; }
  return propertiesOf(type).filter(({ optional }) => optional).map(({ name, docs }) => ({ name: `${type.name}.${name}`, value: docs }));
}

function documented(type: Type): Named<Docs | undefined>[] {
  const members = [...propertiesOf(type), ...methodsOf(type), ...(type.kind === TypeKind.Enum ? type.members : [])];
  return [{ name: type.name, value: type.docs }, ...members.map(({ name, docs }) => ({ name: `${type.name}.${name}`, value: docs }))];
}

function documentedParameters(type: Type): Named<Docs | undefined>[] {
  return callablesOf(type).flatMap(({ name, value: { parameters = [] } }) => (
    parameters.map((parameter) => ({ name: `${name}(${parameter.name})`, value: parameter.docs }))
  ));
}

function propertiesOf(type: Type) {
  return type.kind === TypeKind.Enum ? [] : type.properties ?? [];
}

function methodsOf(type: Type) {
  return type.kind === TypeKind.Enum ? [] : type.methods ?? [];
}
