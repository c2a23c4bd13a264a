import type { Database } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { repeatUnchanged } from '../adapters/pg/link-state-store.ts';
import type { Clock } from '../ports.ts';
import { HISTORY_REPEAT_MS } from '../usecases/show-topology.ts';

const EVERY_MS = 3_600_000;
const MONTHS_AHEAD = 3;

/** Makes the partitions of the history ahead of time, forgets what is past the retention, and repeats what stays as it is. */
export function startHousekeeping(options: {
  readonly db: Database<unknown>;
  readonly retentionMonths: number;
  readonly clock: Clock;
  readonly logger: Logger;
}): Worker {
  const { db, retentionMonths, clock, logger } = options;
  return repeat({ everyMs: EVERY_MS, logger, name: 'housekeeping' }, () => keepHouse(db, retentionMonths, clock()));
}

/** One turn of housekeeping. */
export async function keepHouse(db: Database<unknown>, retentionMonths: number, now: Date): Promise<void> {
  await db.system(async (tx) => {
    await tx.client.query('SELECT router_maintain_history($1, $2, $3)', [now, MONTHS_AHEAD, retentionMonths]);
    await repeatUnchanged(tx, new Date(now.getTime() - HISTORY_REPEAT_MS), now);
  });
}
