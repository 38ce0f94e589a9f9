import { CollectionKind, PrimitiveType, TypeKind, type Assembly, type Docs, type Type, type TypeReference } from '@jsii/spec';
import { checkApi } from '../../scripts/check/jsii/api-rules';

const STRING: TypeReference = { primitive: PrimitiveType.String };
const ANY: TypeReference = { primitive: PrimitiveType.Any };
const UNION: TypeReference = { union: { types: [STRING, { primitive: PrimitiveType.Number }] } };
const DOCS: Docs = { summary: 'What it is.' };

const struct = (property: { type?: TypeReference; optional?: boolean; docs?: Docs }) => ({
  kind: TypeKind.Interface,
  datatype: true,
  name: 'Props',
  docs: DOCS,
  properties: [{ name: 'prop', type: STRING, docs: DOCS, ...property }],
});

const classWith = (member: object) => ({ kind: TypeKind.Class, name: 'Thing', docs: DOCS, ...member });

function problemsOf(...types: object[]): string[] {
  const assembly = { types: Object.fromEntries((types as Type[]).map((type) => [`pkg.${type.name}`, type])) } as Assembly;
  return checkApi(assembly).flatMap(({ problems }) => problems);
}

test('finds no problem in a clean API, and checks all of it', () => {
  const findings = checkApi({
    types: {
      'pkg.Props': struct({ optional: true, docs: { ...DOCS, default: '1' } }),
      'pkg.Thing': classWith({
        initializer: { parameters: [{ name: 'props', type: { fqn: 'pkg.Props' } }] },
        methods: [{ name: 'act', docs: DOCS, parameters: [{ name: 'by', type: STRING }], returns: { type: STRING } }],
      }),
      'pkg.Level': { kind: TypeKind.Enum, name: 'Level', docs: DOCS, members: [{ name: 'HIGH', docs: DOCS }] },
    },
  } as unknown as Assembly);
  expect(findings.map(({ checked, problems }) => ({ checked, problems }))).toEqual([
    { checked: 4, problems: [] }, { checked: 1, problems: [] }, { checked: 6, problems: [] }, { checked: 2, problems: [] },
    { checked: 2, problems: [] },
  ]);
});

test.each([
  ['a union', UNION, 'is a union'],
  ['any', ANY, 'is of type any'],
  ['json', { primitive: PrimitiveType.Json }, 'is of type json'],
  ['an intersection', { intersection: { types: [STRING, STRING] } }, 'is an intersection'],
  ['an array of a union', { collection: { kind: CollectionKind.Array, elementtype: UNION } }, 'is a union, as element of an array'],
  ['a map of arrays of any', {
    collection: { kind: CollectionKind.Map, elementtype: { collection: { kind: CollectionKind.Array, elementtype: ANY } } },
  }, 'is of type any, as element of an array, as element of a map'],
])('%s is reported wherever it stands', (_, type: TypeReference, problem) => {
  const parameters = [{ name: 'by', type }];
  expect(problemsOf(struct({ type }))).toEqual([`Props.prop ${problem}`]);
  expect(problemsOf(classWith({ properties: [{ name: 'prop', type, docs: DOCS }] }))).toEqual([`Thing.prop ${problem}`]);
  expect(problemsOf(classWith({ initializer: { parameters } }))).toEqual([`new Thing(by) ${problem}`]);
  expect(problemsOf(classWith({ methods: [{ name: 'act', docs: DOCS, parameters, returns: { type } }] })))
    .toEqual([`Thing.act(by) ${problem}`, `Thing.act returns ${problem}`]);
});

test('reports an optional property of a struct without @default, and no required one', () => {
  expect(problemsOf(struct({ optional: true }))).toEqual(['Props.prop has no @default']);
  expect(problemsOf(struct({ optional: false }))).toEqual([]);
});

test('reports a missing summary of types, properties, methods and enum members', () => {
  expect(problemsOf({ ...struct({ docs: undefined }), docs: undefined })).toEqual(['Props has no summary', 'Props.prop has no summary']);
  expect(problemsOf(classWith({ methods: [{ name: 'act' }] }))).toEqual(['Thing.act has no summary']);
  expect(problemsOf({ kind: TypeKind.Enum, name: 'Level', docs: DOCS, members: [{ name: 'HIGH' }] }))
    .toEqual(['Level.HIGH has no summary']);
});

test.each(['Whether to leave out ``!', 'How long;', 'The `key.'])('reports a summary that jsii cuts short: %s', (summary) => {
  expect(problemsOf(struct({ docs: { summary } }))).toEqual([`Props.prop has a summary that isn't a whole sentence: ${summary}`]);
});

test('reports a summary of a parameter that jsii cuts short within code', () => {
  const parameters = [{ name: 'by', type: STRING, docs: { summary: 'such as `cron(0 3 ?' } }];
  expect(problemsOf(classWith({ methods: [{ name: 'act', docs: DOCS, parameters }] })))
    .toEqual(['Thing.act(by) has a summary that ends within code: such as `cron(0 3 ?']);
});

test('reports a text of a parameter of which Java shows only the first sentence', () => {
  const parameters = [{ name: 'by', type: STRING, docs: { summary: 'the secret;', remarks: 'never a replica' } }];
  const problem = 'has a text that Java cuts at the first ".", "!", "?" or ";": it loses "never a replica"';
  expect(problemsOf(classWith({ methods: [{ name: 'act', docs: DOCS, parameters }] }))).toEqual([`Thing.act(by) ${problem}`]);
  expect(problemsOf(classWith({ initializer: { parameters } }))).toEqual([`new Thing(by) ${problem}`]);
});
