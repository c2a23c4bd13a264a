import { createHash } from 'node:crypto';
import type { Database } from '@peermesh/database';
import { type Admission, admitAttempt, type ThrottlePolicy, type ThrottleRecord } from '../../domain/login-throttle.ts';
import type { AuthSchema, Tx } from './schema.ts';

export type ThrottleScope = 'account' | 'address' | 'registration';

/** What is tried: the name is hashed, so that the table lists nobody. */
export interface Attempt {
  readonly scope: ThrottleScope;
  readonly name: string;
  readonly policy: ThrottlePolicy;
}

/**
 * Counts attempts before they are made. When one of them has to wait, none is counted and the longest wait is returned.
 */
export async function admitAttempts(
  db: Database<AuthSchema>,
  attempts: readonly Attempt[],
  now: Date,
): Promise<{ waitMs: number | null; blocksNext: boolean }> {
  return db.system(async (tx) => {
    const admissions: { attempt: Attempt; admission: Admission }[] = [];
    for (const attempt of attempts) {
      admissions.push({ attempt, admission: admitAttempt(await lockRecord(tx, attempt, now), now, attempt.policy) });
    }
    const waits = admissions.flatMap(({ admission }) => admission.waitMs ?? []);
    if (waits.length > 0) return { waitMs: Math.max(...waits), blocksNext: false };
    for (const { attempt, admission } of admissions) {
      await tx.client.query(
        'UPDATE auth_login_attempts SET attempts = $3, blocked_until = $4, forgotten_at = $5 WHERE scope = $1 AND key = $2',
        [
          attempt.scope,
          keyOf(attempt),
          admission.record.attempts,
          admission.record.blockedUntil,
          admission.record.forgottenAt,
        ],
      );
    }
    return { waitMs: null, blocksNext: admissions.some(({ admission }) => admission.blocksNext) };
  });
}

/** A success: the account starts afresh, the address gets its one attempt back. */
export async function forgiveAttempts(tx: Tx, account: string, address: string): Promise<void> {
  await tx.client.query("DELETE FROM auth_login_attempts WHERE scope = 'account' AND key = $1", [hashed(account)]);
  await tx.client.query(
    `UPDATE auth_login_attempts SET attempts = greatest(attempts - 1, 0), blocked_until = NULL
      WHERE scope = 'address' AND key = $1`,
    [hashed(address)],
  );
}

export async function sweepAttempts(tx: Tx, now: Date): Promise<number> {
  const { rowCount } = await tx.client.query('DELETE FROM auth_login_attempts WHERE forgotten_at < $1', [now]);
  return rowCount ?? 0;
}

async function lockRecord(tx: Tx, attempt: Attempt, now: Date): Promise<ThrottleRecord | null> {
  const ids = [attempt.scope, keyOf(attempt)];
  await tx.client.query(
    'INSERT INTO auth_login_attempts (scope, key, forgotten_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [...ids, now],
  );
  const { rows } = await tx.client.query<{ attempts: number; blocked_until: Date | null; forgotten_at: Date }>(
    'SELECT attempts, blocked_until, forgotten_at FROM auth_login_attempts WHERE scope = $1 AND key = $2 FOR UPDATE',
    ids,
  );
  const row = rows[0];
  return row === undefined
    ? null
    : { attempts: row.attempts, blockedUntil: row.blocked_until, forgottenAt: row.forgotten_at };
}

function keyOf(attempt: Attempt): string {
  return hashed(attempt.name);
}

function hashed(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
