import type { Database } from '@peermesh/database';
import type { RobotsState } from '../../domain/sources/robots.ts';
import type { IngestSchema } from './schema.ts';
import type { SqlTransaction } from './sql-transaction.ts';

/** What is known of a host, for all tenants together. */
export interface KnownHost {
  readonly pausedUntil: Date | null;
  readonly robots: { readonly state: RobotsState; readonly fetchedAt: Date } | null;
}

/** Reads what is known of a host (`example.org`, `example.org:8080`). */
export async function readHost(db: Database<IngestSchema>, host: string): Promise<KnownHost> {
  const row = await db.system(
    (tx) => tx.query.selectFrom('ingest_hosts').selectAll().where('host', '=', host).executeTakeFirst(),
    { readOnly: true },
  );
  if (row === undefined) return { pausedUntil: null, robots: null };
  const isKnown = row.robots_kind !== null && row.robots_fetched_at !== null;
  return {
    pausedUntil: row.paused_until,
    robots: isKnown
      ? { state: toState(row.robots_kind as string, row.robots_body), fetchedAt: row.robots_fetched_at as Date }
      : null,
  };
}

/** Remembers a host's robots.txt. */
export async function saveRobots(
  db: Database<IngestSchema>,
  host: string,
  state: RobotsState,
  fetchedAt: Date,
): Promise<void> {
  const body = state.kind === 'rules' ? state.body.replaceAll('\u0000', '') : null;
  await db.system(async (tx) => {
    await tx.client.query(
      `insert into ingest_hosts (host, robots_kind, robots_body, robots_fetched_at) values ($1, $2, $3, $4)
       on conflict (host) do update set robots_kind = excluded.robots_kind, robots_body = excluded.robots_body,
         robots_fetched_at = excluded.robots_fetched_at`,
      [host, state.kind, body, fetchedAt],
    );
  });
}

/** Leaves a host alone until then, never shorter than it was before. */
export async function pauseHost(tx: SqlTransaction, host: string, until: Date): Promise<void> {
  await tx.client.query(
    `insert into ingest_hosts as known (host, paused_until) values ($1, $2)
     on conflict (host) do update set paused_until = greatest(known.paused_until, excluded.paused_until)`,
    [host, until],
  );
}

function toState(kind: string, body: string | null): RobotsState {
  if (kind === 'rules') return { kind, body: body ?? '' };
  return { kind: kind === 'absent' ? 'absent' : 'unreachable' };
}
