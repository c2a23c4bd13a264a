import { parentPort } from 'node:worker_threads';
import { fuzzTargetNamed } from './codecs.ts';
import type { FuzzTotals } from './fuzzed-codec.ts';

/** A part of a target's inputs. */
export interface FuzzTask {
  readonly codec: string;
  readonly seed: number;
  readonly inputs: number;
}

export type FuzzTaskResult = { readonly task: FuzzTask } & (
  | { readonly totals: FuzzTotals }
  | { readonly finding: string }
);

if (parentPort === null) throw new Error('fuzz-worker.ts runs as a worker thread');
const port = parentPort;
port.on('message', (task: FuzzTask) => {
  let result: FuzzTaskResult;
  try {
    result = { task, totals: fuzzTargetNamed(task.codec).run(task.seed, task.inputs) };
  } catch (error) {
    result = { task, finding: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(result);
});
