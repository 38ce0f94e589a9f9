import { TypeKind, type Assembly, type ClassType, type InterfaceType } from '@jsii/spec';

/** Earlier APIs, made from today's, that today's breaks: what was broken since, and how the earlier one was otherwise. */
export const EARLIER: Record<string, (assembly: Assembly) => void> = {
  'a method is gone': (assembly) => {
    const { methods } = rotationRules(assembly);
    methods!.push({ ...methods![0], name: 'fortnightly' });
  },
  'a parameter is required that was not': (assembly) => {
    rotationRules(assembly).methods!.find(({ name }) => name === 'rate')!.parameters![0].optional = true;
  },
  'an option is gone': (assembly) => {
    const struct = Object.values(assembly.types!).find((type): type is InterfaceType => type.kind === TypeKind.Interface && type.datatype === true)!;
    struct.properties!.push({ ...struct.properties![0], name: 'bygone' });
  },
  'a class is gone': (assembly) => {
    const fqn = 'cdk-rotating-secret.Bygone';
    assembly.types![fqn] = { ...structuredClone(rotationRules(assembly)), name: 'Bygone', fqn };
  },
};

function rotationRules(assembly: Assembly): ClassType {
  return assembly.types!['cdk-rotating-secret.RotationRules'] as ClassType;
}
