import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretsManagerSimulator, ServiceError, type Inputs, type Operation } from '../../simulator';
import { OPERATIONS } from '../../simulator/types';
import { SCENARIOS } from '../differential/scenarios';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html, and the error of AWS JSON for an unreadable request. */
const COMMON = ['AccessDeniedException', 'SerializationException', 'ValidationException'];

const COMMANDS = join(__dirname, '../../node_modules/@aws-sdk/client-secrets-manager/dist-types/commands');

/** The errors of the operation in the API reference, as in the SDK. */
function declaredErrors(operation: string): string[] {
  const text = readFileSync(join(COMMANDS, `${operation}Command.d.ts`), 'utf8');
  return [...text.matchAll(/@throws \{@link (\w+)\}/g)].map(([, name]) => name);
}

test.each(Object.keys(OPERATIONS))('%s fails with errors from the API reference', (tested) => {
  const declared = [...declaredErrors(tested), ...COMMON];
  expect(declared).toContain('InternalServiceError');
  const undeclared: string[] = [];
  for (const { name, steps } of SCENARIOS) {
    const simulator = new SecretsManagerSimulator();
    for (const [index, [operation, input]] of steps.entries()) {
      try {
        simulator.perform(operation, { ...operation !== 'CreateSecret' && operation !== 'GetRandomPassword' && { SecretId: 'secret' }, ...input } as Inputs[Operation]);
      } catch (error) {
        if (!(error instanceof ServiceError)) { throw error; }
        if (operation === tested && !declared.includes(error.code)) { undeclared.push(`${name} ${index + 1}: ${error.code}`); }
      }
    }
  }
  expect(undeclared).toEqual([]);
});
