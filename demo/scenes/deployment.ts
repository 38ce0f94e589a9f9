import { meetsPolicy, parseConfig } from '../../src/contract';
import type { Checks } from '../checks';
import type { Stage } from '../stage';

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const SET_BY_LAMBDA = [
  '_HANDLER', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_FUNCTION_VERSION', 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE', 'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_FORMAT', 'AWS_LAMBDA_LOG_GROUP_NAME', 'AWS_LAMBDA_LOG_STREAM_NAME', 'LAMBDA_TASK_ROOT', 'LANG', 'PATH', 'TZ',
];

/** The address of the simulator, and what macOS gives to every process. */
const SET_HERE = ['AWS_ENDPOINT_URL_SECRETS_MANAGER', '__CF_USER_TEXT_ENCODING'];

/** What the deployment itself does: the secret is made, and the function is tried. */
export async function deploy({ terminal, report, checks, stack, deployment, text }: Stage): Promise<void> {
  report.section('Deploy it to a Secrets Manager on this machine');
  terminal.paragraph(`A simulated Secrets Manager listens on ${deployment.endpoint}. The function is the asset file in a process of its own; it `
    + 'talks to it with the AWS SDK, as it would in Lambda.');
  terminal.paragraph('A version of a secret is found by its staging labels: readers get AWSCURRENT, the next value is AWSPENDING until it is ready, and '
    + 'the one before is AWSPREVIOUS.');
  terminal.paragraph('Passwords are masked. The first digits of their SHA-256 hash tell one from another.');

  deployment.createSecret();
  const before = deployment.versions;
  const { environmentNames, pid, loadMs } = await deployment.function.start();
  terminal.paragraph(`The function's process ${pid} has loaded the asset, in ${Math.round(loadMs)} ms.`);
  checkEnvironment(checks, environmentNames, Object.keys(stack.only('AWS::Lambda::Function').properties.Environment.Variables));

  const run = await deployment.attachSchedule();
  report.rotation(run);
  report.versions(deployment.versions, text);
  checks.check('The function was tried with testSecret alone, and it works.',
    run.result.outcome === 'succeeded' && run.steps.map(({ step, outcome }) => `${step} ${outcome}`).join() === 'testSecret tested',
    run.steps.map(({ step, outcome, error }) => `${step} ${outcome ?? error}`));
  checks.check('The deployment changed no password: no write, and the only version is as it was.',
    run.calls.every(({ kind }) => kind === 'read') && JSON.stringify(deployment.versions) === JSON.stringify(before));
  const config = parseConfig(deployment.function.environment.ROTATION_CONFIG);
  checks.check('The first password meets the policy that the function has for later ones.',
    meetsPolicy(text.passwordOf(before[0].value!), config.passwordPolicy));
}

function checkEnvironment(checks: Checks, names: readonly string[], fromTemplate: readonly string[]): void {
  const unexpected = names.filter((name) => ![...fromTemplate, ...SET_BY_LAMBDA, ...SET_HERE].includes(name));
  checks.check(`Its environment is that of the template and of Lambda, and the simulator's address. Of yours it has only PATH. (${names.length} variables)`,
    unexpected.length === 0 && fromTemplate.every((name) => names.includes(name)), unexpected);
}
