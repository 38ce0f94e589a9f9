import { versionsOf } from '../deployment';
import { plural } from '../report';
import type { Stage } from '../stage';

/** What the function may do and did, and what it wrote. */
export function checkPermissionsAndLogs(stage: Stage): void {
  stage.report.section('Permissions and logs');
  checkPermissions(stage);
  checkLogs(stage);
}

function checkPermissions({ checks, stack, deployment }: Stage): void {
  const statements: any[] = stack.only('AWS::IAM::Policy').properties.PolicyDocument.Statement;
  const allowed = new Set(statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action));
  const { calls } = deployment.simulator;
  const refused = calls.filter(({ operation, secretId }) =>
    !allowed.has(`secretsmanager:${operation}`) || (operation !== 'GetRandomPassword' && secretId !== deployment.secretArn));
  const used = new Set(calls.map(({ operation }) => `secretsmanager:${operation}`));
  checks.check(`The function made ${plural(calls.length, 'call')}, all about this secret, and each is one of the ${allowed.size} that its policy in the template allows.`,
    calls.length > 0 && refused.length === 0, refused.map(({ operation }) => operation));
  checks.check('The policy allows no action that was not needed.', allowed.size === used.size, [...allowed].filter((action) => !used.has(action)));
}

function checkLogs({ terminal, checks, deployment, text }: Stage): void {
  const values = deployment.history().flatMap(versionsOf).flatMap(({ value }) => value ?? []);
  const passwords = new Set(values.map((value) => text.passwordOf(value)));
  const generated = deployment.simulator.calls.filter(({ operation }) => operation === 'GetRandomPassword').length;
  const { output } = deployment.function;
  const lines = output.map((line) => line.text);
  const logged = output.filter(({ stream }) => stream === 'stdout').length;
  const finished = deployment.steps.filter(({ outcome }) => outcome !== undefined);
  const anyIn = (scanned: readonly string[]) => scanned.some((line) => text.isIn(line, values));

  checks.check(`Each of the ${finished.length} steps that came to an end wrote one line of JSON to standard output, and nothing else went there.`,
    logged === finished.length && finished.every(({ logLines }) => logLines === 1), { logged });
  if (lines.length > logged) {
    terminal.paragraph(`The function also wrote ${plural(lines.length - logged, 'line')} to standard error, where Node.js and the AWS SDK put their warnings. Lambda logs both.`);
  }
  checks.check(`${plural(passwords.size, 'password')} ever existed: the first one, and one for each call of GetRandomPassword.`, passwords.size === generated + 1);
  checks.check('The scan for passwords finds one that is put into a line of the log, as it is or escaped in JSON.',
    values.every((value) => anyIn([`${lines[0]}${text.passwordOf(value)}`]) && anyIn([JSON.stringify({ message: value })])));
  checks.check(`None of them stands in what the function wrote: ${plural(lines.length, 'line')} scanned.`, lines.length > 0 && !anyIn(lines));
  checks.check('None of them stands in what you see here.', terminal.printed.length > 0 && !anyIn(terminal.printed));
}
