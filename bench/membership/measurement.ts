import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { measureDetection, measureHealing, measureLoss } from '@peermesh/simulator';

/** One run of the simulator; its result is a function of its options. */
export type Measurement =
  | { readonly kind: 'detection'; readonly options: Parameters<typeof measureDetection>[0] }
  | { readonly kind: 'loss'; readonly options: Parameters<typeof measureLoss>[0] }
  | { readonly kind: 'healing'; readonly options: Parameters<typeof measureHealing>[0] };

/** Runs them on all cores, the first ones first; results in their order. @throws what broke a worker */
export async function runMeasurements(
  measurements: readonly Measurement[],
  onResult: (measurement: Measurement) => void,
): Promise<unknown[]> {
  const results: unknown[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.resolve('./measure-worker.ts')));
    for (let index = next++; index < measurements.length; index = next++) {
      const measurement = measurements[index] as Measurement;
      worker.postMessage(measurement);
      [results[index]] = await once(worker, 'message');
      onResult(measurement);
    }
    await worker.terminate();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results;
}
