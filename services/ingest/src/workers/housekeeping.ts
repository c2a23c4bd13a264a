import type { Database } from '@peermesh/database';
import { repeat, type Worker } from '@peermesh/service-kit';
import type { Logger } from '@peermesh/telemetry';
import { trimFetchLog } from '../adapters/pg/fetch-log.ts';
import type { IngestSchema } from '../adapters/pg/schema.ts';
import type { Clock } from '../ports.ts';
import type { QuotaLedger } from '../usecases/quota-ledger.ts';

/** What housekeeping works on. */
export interface HousekeepingOptions {
  readonly db: Database<IngestSchema>;
  readonly quotas: QuotaLedger;
  readonly clock: Clock;
  readonly logger: Logger;
}

const FLUSH_MS = 1_000;
const TRIM_MS = 600_000;
const FETCH_LOG_MS = 30 * 86_400_000;

/** Writes quota use back every second; forgets old fetches every ten minutes. */
export function startHousekeeping({ db, quotas, clock, logger }: HousekeepingOptions): Worker {
  const flush = repeat({ everyMs: FLUSH_MS, logger, name: 'quota-flush' }, () => quotas.flush());
  const trim = repeat({ everyMs: TRIM_MS, logger, name: 'trim' }, async () => {
    await db.system((tx) => trimFetchLog(tx, new Date(clock().getTime() - FETCH_LOG_MS)));
  });
  return { stop: async () => void (await Promise.all([flush.stop(), trim.stop()])) };
}
