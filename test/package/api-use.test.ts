import { TypeKind, type Assembly } from '@jsii/spec';
import { describeUnused, publicApi, usedApi } from '../../scripts/check/languages/api-use';

const ASSEMBLY = {
  types: {
    'lib.Base': { kind: TypeKind.Interface, fqn: 'lib.Base', name: 'Base', datatype: true, properties: [{ name: 'size' }] },
    'lib.Props': { kind: TypeKind.Interface, fqn: 'lib.Props', name: 'Props', datatype: true, interfaces: ['lib.Base', 'other.Base'], properties: [{ name: 'color' }] },
    'lib.Result': { kind: TypeKind.Interface, fqn: 'lib.Result', name: 'Result', datatype: true, properties: [{ name: 'alarm' }] },
    'lib.Thing': { kind: TypeKind.Class, fqn: 'lib.Thing', name: 'Thing', initializer: {}, properties: [{ name: 'arn' }], methods: [{ name: 'attach', returns: { type: { fqn: 'lib.Result' } } }] },
    'lib.Target': { kind: TypeKind.Class, fqn: 'lib.Target', name: 'Target', abstract: true, initializer: {}, methods: [{ name: 'invoke', static: true }] },
    'lib.Mode': { kind: TypeKind.Enum, fqn: 'lib.Mode', name: 'Mode', members: [{ name: 'ON' }, { name: 'OFF' }] },
  },
} as unknown as Assembly;

const API = [
  'lib.Base', 'lib.Base.size', 'lib.Mode', 'lib.Mode.OFF', 'lib.Mode.ON', 'lib.Props', 'lib.Props.color', 'lib.Result', 'lib.Result.alarm', 'lib.Target', 'lib.Target.invoke',
  'lib.Thing', 'lib.Thing.arn', 'lib.Thing.attach', 'lib.Thing.new',
];

const said = (...messages: object[]) => messages.map((message) => `> ${JSON.stringify(message)}`).join('\n');
const unused = (trace: string) => {
  const used = usedApi(ASSEMBLY, trace);
  return API.filter((name) => !used.has(name));
};

test('the public API is every type and its members', () => {
  expect(publicApi(ASSEMBLY)).toEqual(API);
});

test('an app without messages uses nothing', () => {
  expect(unused('')).toEqual(API);
  expect(unused('lib.Thing\n< {"api":"create","fqn":"lib.Thing"}')).toEqual(API);
});

test('constructing, calling and reading are separate uses', () => {
  expect(unused(said({ api: 'create', fqn: 'lib.Thing' }))).toEqual(API.filter((name) => !['lib.Thing', 'lib.Thing.new'].includes(name)));
  expect(unused(said({ api: 'sinvoke', fqn: 'lib.Target', method: 'invoke' }))).not.toContain('lib.Target.invoke');
  expect(unused(said({ api: 'invoke', objref: { '$jsii.byref': 'lib.Thing@10001' }, method: 'attach' }))).not.toContain('lib.Thing.attach');
  expect(unused(said({ api: 'get', objref: { '$jsii.byref': 'lib.Thing@10001' }, property: 'arn' }))).not.toContain('lib.Thing.arn');
});

test('an option is used if it is given, also an inherited one, and not if it is left out', () => {
  const props = (data: object) => said({ api: 'create', fqn: 'lib.Thing', args: [{ '$jsii.struct': { fqn: 'lib.Props', data } }] });
  expect(unused(props({ color: 'red', size: null }))).toEqual(expect.arrayContaining(['lib.Base.size']));
  expect(unused(props({ color: 'red', size: null }))).not.toContain('lib.Props.color');
  expect(unused(props({ size: 1 }))).not.toContain('lib.Base.size');
});

test('a member of a returned struct is used if it is read', () => {
  const reply = (fqn: string) => `< ${JSON.stringify({ ok: { result: { '$jsii.byref': 'Object@10001', '$jsii.interfaces': [fqn] } } })}`;
  const reading = (reference: string) => said({ api: 'get', objref: { '$jsii.byref': reference }, property: 'alarm' });
  expect(unused(`${reply('lib.Result')}\n${reading('Object@10001')}`)).toEqual(API.filter((name) => !name.startsWith('lib.Result')));
  expect(unused(`${reply('lib.Result')}\n${reading('Object@10002')}`)).toEqual(API);
  expect(unused(`${reply('other.Result')}\n${reading('Object@10001')}`)).toEqual(API);
  expect(unused('< {"ok":{"result":null}}\n< {"ok":{}}\n< {"error":"refused"}')).toEqual(API);
});

test('a value of an enumeration is used if it is given', () => {
  const trace = said({ api: 'invoke', objref: { '$jsii.byref': 'lib.Thing@1' }, method: 'attach', args: [{ '$jsii.enum': 'lib.Mode/ON' }] });
  expect(unused(trace)).toContain('lib.Mode.OFF');
  expect(unused(trace)).not.toContain('lib.Mode.ON');
});

test.each([
  ['lib.Target', 'make one, or call one of its methods'],
  ['lib.Target.invoke', 'call "invoke"'],
  ['lib.Thing.new', 'make one'],
  ['lib.Thing.arn', 'read "arn"'],
  ['lib.Base.size', 'give the option "size"'],
  ['lib.Props', 'give such options'],
  ['lib.Result', 'read what is returned'],
  ['lib.Result.alarm', 'read "alarm" of what is returned'],
  ['lib.Mode', 'give one of its values'],
  ['lib.Mode.OFF', 'give this value'],
])('says what to do if %s is unused', (name, what) => {
  expect(describeUnused(ASSEMBLY, name, 'go/app.go', 'typescript/app.ts'))
    .toBe(`${name}: ${what} in test/consumers/go/app.go, as in test/consumers/typescript/app.ts`);
});
