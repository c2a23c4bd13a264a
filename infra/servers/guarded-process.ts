import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { forgetProcess, watchProcess } from './watchdog.ts';

/** An operating system user that a server runs as. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface GuardedProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** File that gets standard output and error, appended. */
  readonly logFile: string;
  readonly runAs?: RunAs;
  /** What the kernel sends to the process when this one dies, and what `stop` sends. */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
}

/** A child process that does not outlive this one. */
export interface GuardedProcess {
  readonly pid: number;
  /** Where in the log file the output of this process begins. */
  readonly logOffset: number;
  readonly exited: Promise<ExitStatus>;
  exitStatus(): ExitStatus | null;
  /** Sends the stop signal, waits, and kills when the process is still there after the grace time. */
  stop(graceMs?: number): Promise<void>;
  /** kill -9, and waits for the exit. */
  kill(): Promise<void>;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

let setprivPath: string | null | undefined;

/** Path of util-linux's setpriv with `--pdeathsig`, or null where there is none (macOS). */
export function findSetpriv(): string | null {
  if (setprivPath !== undefined) return setprivPath;
  try {
    const help = process.platform === 'linux' ? execFileSync('setpriv', ['--help'], { encoding: 'utf8' }) : '';
    setprivPath = help.includes('--pdeathsig') ? 'setpriv' : null;
  } catch {
    setprivPath = null;
  }
  return setprivPath;
}

/** Starts a process that is stopped when this one dies, even by kill -9: by the kernel, or by a watchdog process. */
export function startGuarded(options: GuardedProcessOptions): GuardedProcess {
  const { command, args } = commandLine(options);
  const log = openSync(options.logFile, 'a', 0o600);
  const logOffset = fstatSync(log).size;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', ...options.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  if (child.pid === undefined) {
    child.on('error', () => undefined);
    throw new Error(`cannot execute ${command}`);
  }
  const guarded = guard(child, child.pid, logOffset, options.stopSignal);
  if (findSetpriv() === null) {
    watchProcess(guarded.pid, options.stopSignal);
    void guarded.exited.then(() => forgetProcess(guarded.pid));
  }
  return guarded;
}

function commandLine({ command, args, runAs, stopSignal }: GuardedProcessOptions): { command: string; args: string[] } {
  const setpriv = findSetpriv();
  if (setpriv === null) return { command, args: [...args] };
  const identity = runAs === undefined ? [] : [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, '--clear-groups'];
  return {
    command: setpriv,
    args: [...identity, '--pdeathsig', stopSignal.slice(3), '--', command, ...args],
  };
}

function guard(child: ChildProcess, pid: number, logOffset: number, stopSignal: NodeJS.Signals): GuardedProcess {
  let status: ExitStatus | null = null;
  const exited = once(child, 'exit').then(([code, signal]) => {
    status = { code: code as number | null, signal: signal as NodeJS.Signals | null };
    return status;
  });
  const send = (signal: NodeJS.Signals): void => {
    if (status === null) child.kill(signal);
  };
  return {
    pid,
    logOffset,
    exited,
    exitStatus: () => status,
    stop: async (graceMs = 15_000) => {
      if (status !== null) return;
      send(stopSignal);
      const timer = setTimeout(send, graceMs, 'SIGKILL');
      await exited;
      clearTimeout(timer);
    },
    kill: async () => {
      if (status !== null) return;
      send('SIGKILL');
      await exited;
    },
  };
}
