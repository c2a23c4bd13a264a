import { stopCoverage } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { coreNamed } from '../cores.ts';

// Counting what of the code runs makes a simulation twice as slow; unit tests run the same lines.
stopCoverage();

if (parentPort === null) throw new Error('seed-worker.ts runs as a worker thread');
const port = parentPort;
const core = coreNamed((workerData as { core: string }).core);
port.on('message', (seed: number) => port.postMessage(core.runSeed(seed)));
