import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FuzzTask, FuzzTaskResult } from './fuzz-worker.ts';

/** Runs the tasks on worker threads; results come in any order. @throws what broke a worker */
export async function runFuzzTasks(
  tasks: readonly FuzzTask[],
  workers: number,
  onResult: (result: FuzzTaskResult) => void,
): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.resolve('./fuzz-worker.ts')));
    try {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        worker.postMessage(task);
        const [result] = (await once(worker, 'message')) as [FuzzTaskResult];
        onResult(result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
