import { TypeKind, isNamedTypeReference, type Assembly, type InterfaceType, type Type } from '@jsii/spec';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Message = { [key: string]: Json };

/** The public API: each type, and the members that it declares itself. An option of a struct that others extend is declared once. */
export function publicApi({ types = {} }: Assembly): string[] {
  return Object.values(types).flatMap((type) => [type.fqn, ...membersOf(type).map((member) => `${type.fqn}.${member}`)]).sort();
}

/**
 * The parts of the API that an app used, from the trace of the jsii kernel with JSII_DEBUG. Text in the app that never runs isn't a use. Python
 * and Go read all members of a returned struct at once.
 */
export function usedApi(assembly: Assembly, trace: string): Set<string> {
  const used = new Set<string>();
  const returned = new Map<string, string>();
  for (const line of trace.split('\n').filter((text) => /^[<>] \{/.test(text))) {
    const message: Message = JSON.parse(line.slice(2));
    if (line.startsWith('<')) {
      addReturned(returned, assembly, message);
    } else {
      addCall(used, returned, message);
      addValues(used, assembly, message);
    }
  }
  return used;
}

/** What to do about a part of the public API that an app doesn't use. */
export function describeUnused({ types = {} }: Assembly, name: string, app: string, original: string): string {
  const fqn = Object.keys(types).find((candidate) => name === candidate || name.startsWith(`${candidate}.`))!;
  const type = types[fqn];
  const member = name.slice(fqn.length + 1);
  const how = isReturned(types, fqn) ? howToRead(member) : howToUse(type, member);
  return `${name}: ${how} in test/consumers/${app}, as in test/consumers/${original}`;
}

/** Whether the package returns a struct. */
function isReturned(types: Record<string, Type>, fqn: string): boolean {
  const methods = Object.values(types).flatMap((type) => type.kind === TypeKind.Enum ? [] : type.methods ?? []);
  const returned = methods.flatMap(({ returns }) => returns && isNamedTypeReference(returns.type) ? [returns.type.fqn] : []);
  return isStruct(types[fqn]) && returned.includes(fqn);
}

function isStruct(type: Type): boolean {
  return type.kind === TypeKind.Interface && type.datatype === true;
}

function howToUse(type: Type, member: string): string {
  if (type.kind === TypeKind.Enum) { return member === '' ? 'give one of its values' : 'give this value'; }
  if (isStruct(type)) { return member === '' ? 'give such options' : `give the option "${member}"`; }
  if (member === '') { return 'make one, or call one of its methods'; }
  if (member === 'new') { return 'make one'; }
  return type.methods?.some(({ name }) => name === member) ? `call "${member}"` : `read "${member}"`;
}

function howToRead(member: string): string {
  return member === '' ? 'read what is returned' : `read "${member}" of what is returned`;
}

function membersOf(type: Type): string[] {
  if (type.kind === TypeKind.Enum) { return type.members.map(({ name }) => name); }
  const members = [...type.properties ?? [], ...type.methods ?? []].map(({ name }) => name);
  return type.kind === TypeKind.Class && type.initializer && !type.abstract ? ['new', ...members] : members;
}

/** A struct from the kernel is an object without a class. Only its interface identifies it. */
function addReturned(returned: Map<string, string>, { types = {} }: Assembly, { ok }: Message): void {
  const { '$jsii.byref': reference, '$jsii.interfaces': interfaces } = ((ok as Message | null | undefined)?.result ?? {}) as Message;
  const [struct] = Array.isArray(interfaces) ? interfaces.map(String) : [];
  if (struct in types) { returned.set(String(reference), struct); }
}

function addCall(used: Set<string>, returned: Map<string, string>, { api, fqn, method, property, objref }: Message): void {
  const reference = String((objref as Message | undefined)?.['$jsii.byref']);
  const type = String(fqn ?? returned.get(reference) ?? reference).replace(/@\d+$/, '');
  const member = api === 'create' ? 'new' : method ?? property;
  if (member !== undefined) {
    used.add(type);
    used.add(`${type}.${String(member)}`);
  }
}

function addValues(used: Set<string>, assembly: Assembly, value: Json): void {
  if (typeof value !== 'object' || value === null) { return; }
  if (!Array.isArray(value)) {
    const { '$jsii.struct': struct, '$jsii.enum': member } = value;
    if (struct) { addStruct(used, assembly, struct as Message); }
    if (member) { used.add(String(member).replace(/\/.*/, '')).add(String(member).replace('/', '.')); }
  }
  Object.values(value).forEach((inner) => addValues(used, assembly, inner));
}

function addStruct(used: Set<string>, assembly: Assembly, { fqn, data }: Message): void {
  used.add(String(fqn));
  const given = Object.entries(data as Message).filter(([, value]) => value !== null).map(([name]) => name);
  for (const type of withBases(assembly, String(fqn))) {
    (type.properties ?? []).filter(({ name }) => given.includes(name)).forEach(({ name }) => used.add(`${type.fqn}.${name}`));
  }
}

/** A struct and its own bases in this package. */
function withBases(assembly: Assembly, fqn: string): InterfaceType[] {
  const type = assembly.types?.[fqn];
  return type?.kind === TypeKind.Interface ? [type, ...(type.interfaces ?? []).flatMap((base) => withBases(assembly, base))] : [];
}
