import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';

/** A command of this repository, such as `npm run demo`. */
export interface Command<Options extends NonNullable<ParseArgsConfig['options']>> {
  /** What `npm run` calls it. */
  readonly name: string;
  /** How it is started, if `npm run` doesn't know it. @default - `npm run` and its name */
  readonly command?: string;
  readonly description: string;
  readonly options?: Options;
  /** What each option and argument is for, by how it is written. */
  readonly usage?: Readonly<Record<string, string>>;
  /** How many arguments it takes that are no options. @default 0 */
  readonly maxArguments?: number;
  /** What they may be. @default - anything */
  readonly arguments?: readonly string[];
  /** How many of them it needs. @default 0 */
  readonly minArguments?: number;
  /** Tasks that have to run first. */
  readonly after?: readonly string[];
}

type Parsed<Options extends NonNullable<ParseArgsConfig['options']>> = ReturnType<typeof parseArgs<{ options: Options; allowPositionals: true }>>;

/**
 * The options and arguments that the command was given. With `--help` it prints what there is, and runs nothing; what it doesn't know is an error.
 * Whoever stops reading its output, as `head` does, ends it.
 */
export function startCommand<const Options extends NonNullable<ParseArgsConfig['options']>>(command: Command<Options>): Parsed<Options> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') { throw error; }
    process.exit(0);
  });
  const parsed = parse(command);
  runTasks(command.after ?? []);
  return parsed;
}

/** Runs tasks of projen, one after the other; the command fails with the first that does. */
export function runTasks(tasks: readonly string[]): void {
  for (const task of tasks) {
    const { status } = spawnSync('npx', ['projen', task], { stdio: 'inherit', cwd: join(__dirname, '..') });
    if (status !== 0) { process.exit(status ?? 1); }
  }
}

function parse<const Options extends NonNullable<ParseArgsConfig['options']>>(command: Command<Options>): Parsed<Options> {
  try {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as unknown as Options;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if ((values as { help?: boolean }).help) {
      process.stdout.write(helpOf(command));
      process.exit(0);
    }
    const extra = positionals[command.maxArguments ?? 0];
    if (extra !== undefined) { throw new Error(`Unexpected argument '${extra}'`); }
    const { arguments: allowed } = command;
    const unknown = allowed && positionals.find((given) => !allowed.includes(given));
    if (unknown !== undefined) { throw new Error(`Unknown argument '${unknown}'. Use one of ${allowed!.join(', ')}`); }
    const { minArguments = 0 } = command;
    if (positionals.length < minArguments) { throw new Error(`Needs ${minArguments} argument${minArguments > 1 ? 's' : ''}, got ${positionals.length}`); }
    return { values, positionals };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${helpOf(command)}`);
    return process.exit(2);
  }
}

function helpOf({ name, command, description, usage = {} }: Pick<Command<never>, 'name' | 'command' | 'description' | 'usage'>): string {
  const rows = Object.entries({ ...usage, '--help': 'print this, and run nothing' });
  const width = Math.max(...rows.map(([how]) => how.length));
  return `${command ?? `npm run ${name} --`} [...]\n\n${description}\n\n${rows.map(([how, what]) => `  ${how.padEnd(width)}  ${what}\n`).join('')}`;
}
