import type { Database } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';

const EVERY_MS = 3_600_000;
const MONTHS_AHEAD = 3;

/** Makes the partitions of the message log and of the topology's history ahead of time, and forgets the oldest. */
export function startHousekeeping(options: {
  readonly db: Database<unknown>;
  readonly retentionMonths: number;
  readonly logger: Logger;
}): Worker {
  const { db, retentionMonths, logger } = options;
  return repeat({ everyMs: EVERY_MS, logger, name: 'housekeeping' }, () =>
    db.system(async (tx) => {
      const values = [new Date(), MONTHS_AHEAD, retentionMonths];
      await tx.client.query('SELECT mesh.mesh_maintain_partitions($1, $2, $3)', values);
    }),
  );
}
