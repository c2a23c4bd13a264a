import type { Logger } from '@peermesh/telemetry';
import { sweepSessions } from '../adapters/pg/session-store.ts';
import { sweepAttempts } from '../adapters/pg/throttle-store.ts';
import type { AuthDeps } from '../usecases/auth-deps.ts';
import type { LastUses } from '../usecases/last-uses.ts';

const DAY_MS = 24 * 3600 * 1000;
/** Ended sessions stay visible for so long. */
const SESSION_KEEP_MS = 30 * DAY_MS;
const PARTITION_MONTHS_AHEAD = 3;

/** Starts what has to be done from time to time; returns what stops it and writes the rest. */
export function startHousekeeping(deps: AuthDeps, lastUses: LastUses): () => Promise<void> {
  const { db, clock, keyring, logger } = deps;
  const timers = [
    repeat(logger, 'reload signing keys', 15_000, () => keyring.reload()),
    repeat(logger, 'rotate signing keys', 3_600_000, () => keyring.rotate()),
    repeat(logger, 'write last uses', 10_000, () => lastUses.flush()),
    repeat(logger, 'sweep login attempts', 600_000, () => db.system((tx) => sweepAttempts(tx, clock()))),
    repeat(logger, 'sweep sessions', 3_600_000, () =>
      db.system((tx) => sweepSessions(tx, new Date(clock().getTime() - SESSION_KEEP_MS))),
    ),
    repeat(logger, 'make partitions', DAY_MS / 4, () =>
      db.system((tx) => tx.client.query('SELECT auth_ensure_decision_partitions($1)', [PARTITION_MONTHS_AHEAD])),
    ),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await lastUses.flush();
  };
}

function repeat(logger: Logger, task: string, intervalMs: number, run: () => Promise<unknown>): NodeJS.Timeout {
  const once = (): void => {
    run().catch((error: unknown) => logger.warn({ err: error, task }, 'housekeeping failed; it is tried again later'));
  };
  return setInterval(once, intervalMs * (0.9 + Math.random() * 0.2)).unref();
}
