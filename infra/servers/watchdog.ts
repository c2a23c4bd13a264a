import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

let watchdog: ChildProcess | null = null;

/** Has a process ended when this one is gone, where the kernel does not do that (macOS). The process must lead a group. */
export function watchProcess(pid: number, signal: NodeJS.Signals): void {
  tell(`watch ${pid} ${signal}`);
}

/** The process has ended by itself. */
export function forgetProcess(pid: number): void {
  if (watchdog !== null) tell(`forget ${pid}`);
}

function tell(message: string): void {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${message}\n`);
}

function startWatchdog(): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'watchdog-process.ts')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.stdin?.on('error', () => undefined);
  (child.stdin as { unref?: () => void } | null)?.unref?.();
  child.unref();
  return child;
}
