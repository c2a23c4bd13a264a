import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LauncherError } from './launcher-error.ts';

/**
 * Runs a script of the checkout on this Node with the terminal handed over; the result is its exit code. A script that is
 * given the lifeline notices, by {@link watchLifetime}, that the launcher is gone.
 */
export function runScript(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  lifelineFd: number | null = null,
): Promise<number> {
  if (!existsSync(script)) throw new LauncherError(`${script} is missing`, 'check out the repository completely');
  const child = spawn(process.execPath, ['--conditions=@peermesh/source', script, ...args], {
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
