import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unprivilegedUser } from '../servers/index.ts';
import { LauncherError } from './launcher-error.ts';

const FREE_BYTES_MINIMUM = 512 * 1024 * 1024;
const LOG_BYTES_MAXIMUM = 20 * 1024 * 1024;

/** Where everything is that a local installation keeps. */
export interface StateFolder {
  readonly home: string;
  readonly data: string;
  /** PostgreSQL's cluster; outside of `home` when the user that it runs as cannot get there. */
  readonly postgres: string;
  readonly logs: string;
  readonly run: string;
  readonly secrets: string;
  readonly tools: string;
  logFile(name: string): string;
}

/** The paths of a state folder; touches nothing. */
export function stateFolder(home: string): StateFolder {
  const logs = join(home, 'logs');
  return {
    home,
    data: join(home, 'data'),
    postgres: join(postgresRoot(home), 'postgres'),
    logs,
    run: join(home, 'run'),
    secrets: join(home, 'secrets'),
    tools: join(home, 'tools'),
    logFile: (name) => join(logs, `${name}.log`),
  };
}

/** Makes the folders, closes them to other users, and refuses to go on without room on the disk. */
export function prepareStateFolder(state: StateFolder): void {
  try {
    for (const folder of [state.home, state.data, state.logs, state.run, state.secrets, state.tools]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(folder, 0o700);
    }
    // PostgreSQL's user has to pass through, but may not list.
    if (unprivilegedUser() !== undefined) for (const folder of [state.home, state.data]) chmodSync(folder, 0o711);
    mkdirSync(dirname(state.postgres), { recursive: true, mode: 0o711 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw error;
    throw new LauncherError(
      `cannot write to ${state.home} (${code})`,
      'set PEERMESH_HOME to a folder that you may write',
      error,
    );
  }
  const freeBytes = freeBytesOf(state.home);
  if (freeBytes < FREE_BYTES_MINIMUM) {
    throw new LauncherError(
      `only ${Math.floor(freeBytes / 1024 / 1024)} MiB are free on the disk that holds ${state.home}`,
      `free at least ${FREE_BYTES_MINIMUM / 1024 / 1024} MiB, or set PEERMESH_HOME to a folder on another disk`,
    );
  }
}

/** Free bytes of the disk that holds a folder. */
export function freeBytesOf(folder: string): number {
  const stats = statfsSync(folder);
  return stats.bavail * stats.bsize;
}

/** Keeps one older copy of a log that has grown large; called before its writer starts. */
export function rotateLog(path: string): void {
  if (existsSync(path) && statSync(path).size > LOG_BYTES_MAXIMUM) renameSync(path, `${path}.1`);
}

/** Writes a file so that a reader sees the old or the new text, never half of one. */
export function writeAtomically(path: string, text: string): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text, { mode: 0o600 });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

/** Deletes all state but the tools (Node, pnpm) that a next start would fetch again. */
export function deleteState(state: StateFolder, options: { readonly withTools: boolean }): void {
  const outside = dirname(state.postgres);
  if (!outside.startsWith(state.home)) rmSync(outside, { recursive: true, force: true });
  const folders = [state.data, state.logs, state.run, state.secrets, join(state.home, 'cache')];
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  if (options.withTools) rmSync(state.home, { recursive: true, force: true });
}

function postgresRoot(home: string): string {
  if (unprivilegedUser() === undefined || othersMayEnter(dirname(home))) return join(home, 'data');
  return join('/var/lib/peermesh', createHash('sha256').update(home).digest('hex').slice(0, 12));
}

function othersMayEnter(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if (existsSync(path) && (statSync(path).mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
