import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LauncherError } from './launcher-error.ts';

const END_WITH_READER = join(import.meta.dirname, 'end-with-reader.ts');

/** How {@link runScript} runs it. */
export interface ScriptOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Given to the script, which notices by `watchLifetime` that the launcher is gone. */
  readonly lifelineFd?: number | null;
  /** It only shows something, and ends quietly when nobody reads it any more. */
  readonly endsWithReader?: boolean;
}

/** Runs a script of the checkout on this Node with the terminal handed over; the result is its exit code. */
export function runScript(
  script: string,
  args: readonly string[],
  { env = {}, lifelineFd = null, endsWithReader = false }: ScriptOptions = {},
): Promise<number> {
  if (!existsSync(script)) throw new LauncherError(`${script} is missing`, 'check out the repository completely');
  const before = endsWithReader ? ['--import', END_WITH_READER] : [];
  const child = spawn(process.execPath, ['--conditions=@peermesh/source', ...before, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', lifelineFd ?? 'ignore'],
    env: { ...process.env, ...env, ...(lifelineFd === null ? {} : { PEERMESH_LIFELINE_FD: '3' }) },
  });
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
