import { parentPort, workerData } from 'node:worker_threads';
import { coreNamed } from '../cores.ts';

if (parentPort === null) throw new Error('seed-worker.ts runs as a worker thread');
const port = parentPort;
const core = coreNamed((workerData as { core: string }).core);
port.on('message', (seed: number) => port.postMessage(core.runSeed(seed)));
