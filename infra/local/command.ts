import { type ParseArgsConfig, parseArgs } from 'node:util';
import { LauncherError } from './launcher-error.ts';
import type { Settings } from './settings.ts';

type OptionsConfig = NonNullable<ParseArgsConfig['options']>;

/** One command of the launcher. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Everything after the name in the usage line. */
  readonly usage: string;
  readonly details: readonly string[];
  /** Runs the command; the result is the exit code. */
  run(args: readonly string[], settings: Settings): Promise<number>;
}

/** Parses flags; an unknown flag or a missing value is an error that names the help. */
export function parseFlags<const Options extends OptionsConfig>(
  command: string,
  args: readonly string[],
  options: Options,
  positionalsMax = 0,
): ReturnType<typeof parseArgs<{ options: Options; allowPositionals: true; args: string[] }>> {
  try {
    const parsed = parseArgs<{ options: Options; allowPositionals: true; args: string[] }>({
      options,
      allowPositionals: true,
      args: [...args],
    });
    const extra = parsed.positionals[positionalsMax];
    if (extra !== undefined) throw new Error(`unexpected argument '${extra}'`);
    return parsed;
  } catch (error) {
    const what = (error as Error).message.split('. To specify')[0] ?? 'wrong arguments';
    throw new LauncherError(what, `see \`npm run ${command} -- --help\``, error);
  }
}

/** The text of `--help`. */
export function helpText(command: Command): string {
  const invocation = invocationOf(command.name);
  const usage = command.usage === '' ? invocation : `${invocation} -- ${command.usage}`;
  return [command.summary, '', `  ${usage}`, '', ...command.details.map((line) => `  ${line}`), ''].join('\n');
}

function invocationOf(name: string): string {
  if (name === 'compose-secrets') return 'node infra/local/bootstrap.mjs compose-secrets';
  return name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`;
}
