import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { refuseSecondCopy } from './instance-lock.ts';
import type { Settings } from './settings.ts';
import { prepareStateFolder, rotateLog, stateFolder } from './state-folder.ts';

interface Message {
  readonly text?: string;
  readonly exitCode?: number;
}

/** Starts the launcher in the background, shows what it does, and returns when everything is up and the main job is done. */
export async function startDetached(args: readonly string[], settings: Settings): Promise<number> {
  const state = stateFolder(settings.home);
  prepareStateFolder(state);
  // Before the log is rotated, which is that of whoever runs.
  refuseSecondCopy(state);
  const logFile = state.logFile('launcher');
  rotateLog(logFile);
  const log = openSync(logFile, 'a', 0o600);
  const child = fork(join(import.meta.dirname, 'main.ts'), ['start', ...args], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, PEERMESH_DETACHED: '1' },
  });
  closeSync(log);
  const cancel = (): void => {
    child.kill('SIGTERM');
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, cancel);
  return new Promise((resolve) => {
    child.on('message', (message: Message) => {
      if (message.text !== undefined) process.stdout.write(message.text);
      if (message.exitCode === undefined) return;
      process.stdout.write(`Running in the background (pid ${child.pid}); log: ${logFile}\n`);
      child.disconnect();
      child.unref();
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, cancel);
      resolve(0);
    });
    child.on('exit', (code, signal) => {
      const end = (): void => resolve(code ?? (signal === null ? 1 : 130));
      // Its last words may still be under way.
      if (child.connected) child.once('disconnect', end);
      else end();
    });
  });
}
