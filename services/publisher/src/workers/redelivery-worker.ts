import type { Database } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { advanceRedelivery } from '../adapters/pg/redelivery-store.ts';

/** Moves redelivery jobs on, each at its own rate. */
export function startRedeliveryWorker(options: {
  readonly db: Database<unknown>;
  readonly everyMs: number;
  readonly wake: () => void;
  readonly logger: Logger;
}): Worker {
  return repeat({ everyMs: options.everyMs, logger: options.logger, name: 'redelivery' }, async () => {
    while (await options.db.system((tx) => advanceRedelivery(tx))) options.wake();
  });
}
