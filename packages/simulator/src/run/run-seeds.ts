import { Worker } from 'node:worker_threads';
import type { SeedResult } from '../simulated-core.ts';

export interface RunSeedsOptions {
  readonly core: string;
  readonly firstSeed: number;
  /** No seed is started after that many, or after `untilMs` of `performance.now()`. */
  readonly seeds: number;
  readonly untilMs?: number;
  readonly workers: number;
  readonly onResult: (result: SeedResult) => void;
  /** Ends the run after the first failure. */
  readonly stopsAtFailure?: boolean;
}

/** Runs seeds on worker threads. Results come in any order. @throws what broke a worker */
export async function runSeeds(options: RunSeedsOptions): Promise<void> {
  let next = options.firstSeed;
  const end = options.firstSeed + options.seeds;
  let isStopped = false;
  const take = (): number | null => {
    if (isStopped || next >= end || performance.now() > (options.untilMs ?? Number.POSITIVE_INFINITY)) return null;
    return next++;
  };
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.resolve('./seed-worker.ts')), {
        workerData: { core: options.core },
      });
      let running: number | null = null;
      const advance = (): void => {
        running = take();
        if (running === null) void worker.terminate().then(() => resolve());
        else worker.postMessage(running);
      };
      worker.on('message', (result: SeedResult) => {
        if (result.failure !== null && options.stopsAtFailure === true) isStopped = true;
        options.onResult(result);
        advance();
      });
      worker.on('error', (cause) =>
        reject(new Error(`seed ${running} of ${options.core} broke the simulation`, { cause })),
      );
      advance();
    });
  await Promise.all(Array.from({ length: options.workers }, work));
}
