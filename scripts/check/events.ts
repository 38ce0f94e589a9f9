/**
 * Runs the matcher that EventBridge uses on the rules on rotations in templates, with events that they must match and must not match. Needs JDK
 * 17 and Maven.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Checks } from '../../tools/checks';
import { startCommand } from '../../tools/command';
import { casesOf, WAYS } from '../../tools/events/cases';
import { ROOT, run, withTemporaryDirectory } from '../../tools/run';

startCommand({
  name: 'events',
  command: 'npx tsx scripts/check/events.ts',
  description: 'Hold the patterns of the event rules against Event Ruler, the code of EventBridge; needs JDK 17 and Maven',
});

const HERE = join(__dirname, 'events');
const checks = new Checks();

withTemporaryDirectory((directory) => {
  run('npx', ['projen', 'bundle']);
  run('mvn', ['--batch-mode', '--quiet', '--file', join(HERE, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`]);
  const cases = Object.keys(WAYS).flatMap(casesOf);
  const questions = cases.flatMap(({ name, pattern, matching, others }) => [
    ...matching.map((event) => ({ name, pattern, event, expected: true })), ...others.map((event) => ({ name, pattern, event, expected: false })),
  ]);
  const answers = ruler(directory, questions.map(({ pattern, event }) => [pattern, event]));
  for (const { name } of cases) {
    const wrong = questions.filter((question, index) => question.name === name && answers[index] !== question.expected);
    checks.check(`${name} matches what it must, and nothing else`, wrong.length === 0, JSON.stringify(wrong.map(({ event, expected }) => ({ event, expected }))));
  }
});

console.log(checks.summary);
process.exitCode = checks.allPassed ? 0 : 1;

function ruler(jars: string, questions: unknown[][]): boolean[] {
  const input = questions.flat().map((value) => `${JSON.stringify(value)}\n`).join('');
  const { status, stdout, stderr } = spawnSync('java', ['--class-path', join(jars, '*'), join(HERE, 'Matches.java')], { cwd: ROOT, input, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const answers = stdout.trim().split('\n');
  if (status !== 0 || answers.length !== questions.length) { throw new Error(`Event Ruler ended with ${status}\n${stderr}`); }
  return answers.map((answer) => answer === 'true');
}
