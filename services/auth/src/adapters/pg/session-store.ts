import type { Session } from '@peermesh/contracts/auth';
import type { SessionRow, Tx } from './schema.ts';

export function sessionOf(row: SessionRow, currentId: string | undefined): Session {
  const expiresAt = row.idle_expires_at < row.absolute_expires_at ? row.idle_expires_at : row.absolute_expires_at;
  return {
    id: row.id,
    userId: row.user_id,
    current: row.id === currentId,
    device: row.device,
    ip: row.ip,
    userAgent: row.user_agent,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    expiresAt: expiresAt.toISOString(),
    revokedAt: row.revoked_at?.toISOString() ?? null,
    revokedReason: row.revoked_reason,
  };
}

export async function listSessions(
  tx: Tx,
  filter: { readonly userId: string; readonly state?: 'active' | 'ended'; readonly now: Date },
  window: { readonly limit: number; readonly offset: number },
): Promise<{ items: SessionRow[]; total: number }> {
  let query = tx.query.selectFrom('auth_sessions').where('user_id', '=', filter.userId);
  if (filter.state === 'active') {
    query = query
      .where('revoked_at', 'is', null)
      .where('idle_expires_at', '>', filter.now)
      .where('absolute_expires_at', '>', filter.now);
  } else if (filter.state === 'ended') {
    query = query.where((eb) =>
      eb.or([
        eb('revoked_at', 'is not', null),
        eb('idle_expires_at', '<=', filter.now),
        eb('absolute_expires_at', '<=', filter.now),
      ]),
    );
  }
  const { total } = await query.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow();
  const page = query.selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc').limit(window.limit);
  return { items: await page.offset(window.offset).execute(), total: Number(total) };
}

/** Ends sessions that have not ended yet, and returns their ids. */
export async function endSessions(
  tx: Tx,
  which: { readonly id: string } | { readonly userId: string; readonly except?: string | undefined },
  reason: string,
  now: Date,
): Promise<{ id: string; userId: string }[]> {
  let query = tx.query
    .updateTable('auth_sessions')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('revoked_at', 'is', null);
  if ('id' in which) query = query.where('id', '=', which.id);
  else query = query.where('user_id', '=', which.userId);
  if ('except' in which && which.except !== undefined) query = query.where('id', '!=', which.except);
  const rows = await query.returning(['id', 'user_id']).execute();
  return rows.map((row) => ({ id: row.id, userId: row.user_id }));
}

/** Deletes sessions, with their refresh tokens, that ended long ago. */
export async function sweepSessions(tx: Tx, endedBefore: Date): Promise<number> {
  const { rowCount } = await tx.client.query(
    `DELETE FROM auth_sessions WHERE id IN (
       SELECT id FROM auth_sessions WHERE revoked_at < $1 OR idle_expires_at < $1 OR absolute_expires_at < $1 LIMIT 5000)`,
    [endedBefore],
  );
  return rowCount ?? 0;
}
