import { parentPort, workerData } from 'node:worker_threads';
import { trainLsa } from '../domain/vector/lsa.ts';

const model = trainLsa(workerData as string[]);
parentPort?.postMessage(model);
