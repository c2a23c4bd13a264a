import { createHash } from 'node:crypto';
import type { Database } from '@peermesh/database';
import { authErrors } from '@peermesh/errors';
import { type ThrottlePolicy, waitAfter } from '../../domain/login-throttle.ts';
import type { AuthSchema, Tx } from './schema.ts';

/** What is tried. The name is hashed, so that the table lists nobody. */
export interface Attempt {
  readonly scope: 'account' | 'address' | 'registration';
  readonly name: string;
  readonly policy: ThrottlePolicy;
}

interface AttemptRow {
  readonly failures: number;
  readonly pending: number;
  readonly blocked_until: Date | null;
}

/** An attempt whose process died does not count as under way for longer than this. */
const PENDING_MS = 30_000;
const BUSY_WAIT_MS = 1_000;

/** Notes that an attempt begins. Rejects with `PM_AUTH_LOGIN_THROTTLED`, and notes nothing, when one of them has to wait. */
export async function beginAttempts(db: Database<AuthSchema>, attempts: readonly Attempt[], now: Date): Promise<void> {
  await db.system(async (tx) => {
    for (const { scope, name, policy } of attempts) {
      const row = await begin(tx, [scope, hashed(name)], now, policy);
      const blockedMs = (row.blocked_until?.getTime() ?? 0) - now.getTime();
      const waitMs = blockedMs > 0 ? blockedMs : row.pending > policy.pendingMax ? BUSY_WAIT_MS : 0;
      if (waitMs > 0) throw authErrors.loginThrottled({ retryAfterSeconds: Math.ceil(waitMs / 1000) });
    }
  });
}

/** Counts a failure. True when the next attempt has to wait. */
export async function failAttempts(tx: Tx, attempts: readonly Attempt[], now: Date): Promise<boolean> {
  let isBlocked = false;
  for (const { scope, name, policy } of attempts) {
    const ids = [scope, hashed(name)];
    const { rows } = await tx.client.query<AttemptRow>(
      'SELECT failures, pending, blocked_until FROM auth_login_attempts WHERE scope = $1 AND key = $2 FOR UPDATE',
      ids,
    );
    const failures = (rows[0]?.failures ?? 0) + 1;
    const waitMs = waitAfter(failures, policy);
    isBlocked ||= waitMs > 0;
    await tx.client.query(
      `UPDATE auth_login_attempts
          SET failures = $3, pending = greatest(pending - 1, 0), blocked_until = $4, forgotten_at = $5
        WHERE scope = $1 AND key = $2`,
      [...ids, failures, waitMs === 0 ? null : after(now, waitMs), after(now, waitMs + policy.memoryMs)],
    );
  }
  return isBlocked;
}

/** A success: accounts start afresh; of an address only the attempt itself is over. */
export async function settleAttempts(tx: Tx, attempts: readonly Attempt[]): Promise<void> {
  for (const { scope, name } of attempts) {
    const ids = [scope, hashed(name)];
    if (scope === 'account') {
      await tx.client.query('DELETE FROM auth_login_attempts WHERE scope = $1 AND key = $2', ids);
    } else {
      await tx.client.query(
        'UPDATE auth_login_attempts SET pending = greatest(pending - 1, 0) WHERE scope = $1 AND key = $2',
        ids,
      );
    }
  }
}

export async function sweepAttempts(tx: Tx, now: Date): Promise<number> {
  const { rowCount } = await tx.client.query('DELETE FROM auth_login_attempts WHERE forgotten_at < $1', [now]);
  return rowCount ?? 0;
}

async function begin(tx: Tx, ids: readonly string[], now: Date, policy: ThrottlePolicy): Promise<AttemptRow> {
  const { rows } = await tx.client.query<AttemptRow>(
    `INSERT INTO auth_login_attempts AS known (scope, key, failures, pending, pending_until, forgotten_at)
     VALUES ($1, $2, 0, 1, $4, $5)
     ON CONFLICT (scope, key) DO UPDATE SET
       failures = CASE WHEN known.forgotten_at <= $3 THEN 0 ELSE known.failures END,
       blocked_until = CASE WHEN known.forgotten_at <= $3 THEN NULL ELSE known.blocked_until END,
       pending = CASE WHEN known.pending_until <= $3 THEN 1 ELSE known.pending + 1 END,
       pending_until = excluded.pending_until,
       forgotten_at = greatest(known.forgotten_at, excluded.forgotten_at)
     RETURNING failures, pending, blocked_until`,
    [...ids, now, after(now, PENDING_MS), after(now, policy.memoryMs)],
  );
  return rows[0] ?? { failures: 0, pending: 1, blocked_until: null };
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}

function hashed(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
