import type { Database } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import type { Clock } from '../ports.ts';

const EVERY_MS = 3_600_000;
const MONTHS_AHEAD = 3;
const DELETE_MAX = 5_000;

/** Makes the partitions of the attempt log ahead of time and forgets what is older than the retention. */
export function startHousekeeping(options: {
  readonly db: Database<unknown>;
  readonly retentionMonths: number;
  readonly clock: Clock;
  readonly logger: Logger;
}): Worker {
  const { db, retentionMonths, clock } = options;
  return repeat({ everyMs: EVERY_MS, logger: options.logger, name: 'housekeeping' }, () =>
    keepHouse(db, { retentionMonths, now: clock() }),
  );
}

/** One turn of housekeeping. */
export async function keepHouse(
  db: Database<unknown>,
  { retentionMonths, now }: { readonly retentionMonths: number; readonly now: Date },
): Promise<void> {
  await db.system(async (tx) => {
    await tx.client.query('SELECT publisher_maintain_attempts($1, $2, $3)', [now, MONTHS_AHEAD, retentionMonths]);
  });
  const before = new Date(now);
  before.setUTCMonth(before.getUTCMonth() - retentionMonths);
  const statements = [
    `DELETE FROM publisher_deliveries WHERE id = ANY (ARRAY(SELECT id FROM publisher_deliveries
      WHERE created_at < $1 AND state IN ('delivered', 'suppressed', 'failed', 'cancelled') ORDER BY id LIMIT ${DELETE_MAX}))`,
    `DELETE FROM publisher_notifications WHERE id = ANY (ARRAY(SELECT n.id FROM publisher_notifications n WHERE n.created_at < $1
      AND NOT EXISTS (SELECT 1 FROM publisher_deliveries d WHERE d.notification_id = n.id) ORDER BY n.id LIMIT ${DELETE_MAX}))`,
    `DELETE FROM publisher_engagements WHERE ctid = ANY (ARRAY(SELECT ctid FROM publisher_engagements WHERE occurred_at < $1 LIMIT ${DELETE_MAX}))`,
    `DELETE FROM publisher_redeliveries WHERE state IN ('done', 'cancelled') AND updated_at < $1`,
  ];
  for (const statement of statements) {
    for (let deleted = DELETE_MAX; deleted === DELETE_MAX; ) {
      deleted = await db.system(async (tx) => (await tx.client.query(statement, [before])).rowCount ?? 0);
    }
  }
}
