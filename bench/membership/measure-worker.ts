import { parentPort } from 'node:worker_threads';
import { measureDetection, measureHealing, measureLoss } from '@peermesh/simulator';
import type { Measurement } from './measurement.ts';

if (parentPort === null) throw new Error('measure-worker.ts runs as a worker thread');
const port = parentPort;
port.on('message', (measurement: Measurement) => {
  switch (measurement.kind) {
    case 'detection':
      return port.postMessage(measureDetection(measurement.options));
    case 'loss':
      return port.postMessage(measureLoss(measurement.options));
    case 'healing':
      return port.postMessage(measureHealing(measurement.options));
  }
});
