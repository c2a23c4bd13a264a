import { setTimeout as delay } from 'node:timers/promises';
import type { GuardedProcess } from '../servers/index.ts';
import { describeError } from './launcher-error.ts';
import { seconds } from './terminal.ts';

const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 30_000;
const STABLE_AFTER_MS = 60_000;

export type SupervisedState = 'starting' | 'ready' | 'restarting' | 'stopped';

/** One process of the fleet that is started again when it dies. */
export interface Supervised {
  readonly name: string;
  /** Where it listens, without credentials. */
  readonly url: string;
  readonly logFile: string;
  state(): SupervisedState;
  pid(): number | null;
  restarts(): number;
  /** Starts the process and waits until it is ready; a failure here is final. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops the process and starts it again, as an operator would. */
  restart(): Promise<void>;
  /** kill -9; the supervision then does its work. */
  kill(): Promise<void>;
}

export interface SupervisedOptions {
  readonly name: string;
  readonly url: string;
  readonly logFile: string;
  /** Starts the process and resolves when it is ready. `onSpawn` gets it as soon as it exists. */
  readonly launch: (onSpawn: (process: GuardedProcess) => void) => Promise<unknown>;
  readonly onEvent: (text: string) => void;
  readonly onChange: () => void;
}

/** Supervises one process: restarts with exponential backoff that starts over after a minute without a death. */
export function supervise(options: SupervisedOptions): Supervised {
  const stopping = new AbortController();
  let current: GuardedProcess | null = null;
  let state: SupervisedState = 'starting';
  let restarts = 0;
  let isDeliberate = false;
  let recovery: Promise<void> = Promise.resolve();

  const change = (next: SupervisedState): void => {
    state = next;
    options.onChange();
  };

  const launchOnce = async (): Promise<void> => {
    await options.launch((process) => {
      current = process;
      options.onChange();
    });
    change('ready');
    const watched = current as GuardedProcess | null;
    void watched?.exited.then(({ code, signal }) => {
      if (stopping.signal.aborted || isDeliberate || watched !== current) return;
      recovery = recover(`${options.name} (pid ${watched.pid}) ended unexpectedly (${signal ?? `exit code ${code}`})`);
    });
  };

  const recover = async (cause: string): Promise<void> => {
    const startedAt = performance.now();
    let wait = startedAt - lastReadyAt > STABLE_AFTER_MS ? BACKOFF_FIRST_MS : nextWait;
    let reason = cause;
    change('restarting');
    while (!stopping.signal.aborted) {
      options.onEvent(`${reason}; starting it again in ${seconds(wait)} (log: npm run logs -- ${options.name})`);
      await delay(wait, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      restarts += 1;
      wait = Math.min(wait * 2, BACKOFF_MAX_MS);
      nextWait = wait;
      try {
        await launchOnce();
        lastReadyAt = performance.now();
        options.onEvent(
          `${options.name} is back (pid ${current?.pid}, after ${seconds(performance.now() - startedAt)})`,
        );
        return;
      } catch (error) {
        reason = `${options.name} did not start: ${describeError(error)}`;
      }
    }
  };
  let lastReadyAt = performance.now();
  let nextWait = BACKOFF_FIRST_MS;

  const replace = async (end: (process: GuardedProcess) => Promise<void>): Promise<void> => {
    isDeliberate = true;
    try {
      if (current !== null) await end(current);
      await launchOnce();
    } finally {
      isDeliberate = false;
    }
  };

  return {
    name: options.name,
    url: options.url,
    logFile: options.logFile,
    state: () => state,
    pid: () => (current === null || current.exitStatus() !== null ? null : current.pid),
    restarts: () => restarts,
    start: launchOnce,
    restart: () => replace((process) => process.stop()),
    kill: async () => current?.kill(),
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await recovery;
      await current?.stop();
      change('stopped');
    },
  };
}
