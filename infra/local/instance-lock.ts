import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LauncherError } from './launcher-error.ts';
import type { StateFolder } from './state-folder.ts';

const ENTRY = 'infra/local/main.ts';

/** The file that holds the pid of the launcher of a state folder. */
const lockFile = (state: StateFolder): string => join(state.run, 'launcher.pid');

/** Takes the state folder for this process; refuses when another launcher has it. Returns the release. */
export function takeInstanceLock(state: StateFolder): () => void {
  const file = lockFile(state);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    if (tryCreate(file)) return () => rmSync(file, { force: true });
    refuseSecondCopy(state);
    rmSync(file, { force: true });
  }
  throw new LauncherError(`cannot lock ${file}`, 'another copy is starting at this moment; try again');
}

/** Throws when a launcher has this state folder. */
export function refuseSecondCopy(state: StateFolder): void {
  const pid = runningLauncher(state);
  if (pid === null) return;
  throw new LauncherError(
    `PeerMesh is already running from ${state.home} (pid ${pid})`,
    'look with `npm run status`, end it with `npm run stop`, or set PEERMESH_HOME and PEERMESH_PORT_OFFSET for a second copy',
  );
}

/** The pid of the launcher that has this state folder, or null. A lock that a killed launcher left does not count. */
export function runningLauncher(state: StateFolder): number | null {
  try {
    const pid = Number(readFileSync(lockFile(state), 'utf8'));
    return Number.isInteger(pid) && pid > 0 && commandOf(pid).includes(ENTRY) ? pid : null;
  } catch {
    return null;
  }
}

/** Whether a process runs. One that has ended and waits for a parent that never asks, as in a container, does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Reads the state in proc_pid_stat(5), behind the name in parentheses; false where there is no such file. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

function tryCreate(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function commandOf(pid: number): string {
  if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
}
