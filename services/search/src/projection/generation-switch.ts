import type { Leg } from '@peermesh/contracts/search';
import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';

/** A generation may take over when it is at most this many changes behind the one it replaces. */
const LAG_MAX = 100;

const TABLES: Readonly<Record<Leg, readonly string[]>> = {
  keyword: [
    'search_keyword_records',
    'search_keyword_postings',
    'search_keyword_statistics',
    'search_keyword_progress',
  ],
  vector: ['search_vector_records'],
  graph: ['search_graph_nodes', 'search_graph_mentions', 'search_graph_relationships'],
  time: ['search_time_records', 'search_time_rollups'],
};

/** Registers a new generation, to be filled and then activated. Null while another of its kind is being filled. */
export async function registerGeneration(
  db: Database<unknown>,
  generation: { readonly kind: Leg; readonly impl: string; readonly spaceId: string | null; readonly config: object },
): Promise<number | null> {
  return db.system(async (tx) => {
    await tx.client.query('LOCK TABLE search.search_backend_generations IN SHARE ROW EXCLUSIVE MODE');
    const { rows } = await tx.client.query<{ next: number; filling: boolean }>(
      `SELECT coalesce(max(generation), 0) + 1 AS next, coalesce(bool_or(state = 'backfill'), false) AS filling
         FROM search.search_backend_generations WHERE kind = $1`,
      [generation.kind],
    );
    const next = rows[0]?.next;
    if (next === undefined || rows[0]?.filling === true) return null;
    await tx.client.query(
      `INSERT INTO search.search_backend_generations (kind, generation, impl, config, space_id, state)
       VALUES ($1, $2, $3, $4, $5, 'backfill')`,
      [generation.kind, next, generation.impl, JSON.stringify(generation.config), generation.spaceId],
    );
    await tx.client.query(`SELECT pg_notify('search_generations', '')`);
    return next;
  });
}

/** Activates generations that have caught up, and retires what they replace. Returns whether any was switched. */
export async function activateCaughtUp(db: Database<unknown>, logger: Logger): Promise<boolean> {
  const switched = await db.system(async (tx) => {
    const { rows } = await tx.client.query<{ kind: Leg; generation: number; old: number }>(
      `SELECT fresh.kind, fresh.generation, current.generation AS old
         FROM search.search_backend_generations fresh
         JOIN search.search_backend_generations current ON current.kind = fresh.kind AND current.state = 'active'
        WHERE fresh.state = 'backfill' AND fresh.cursor_seq >= current.cursor_seq - $1 AND current.cursor_seq > 0
        FOR UPDATE`,
      [LAG_MAX],
    );
    for (const row of rows) {
      await tx.client.query(
        `UPDATE search.search_backend_generations SET state = 'retired', epoch = epoch + 1 WHERE kind = $1 AND generation = $2`,
        [row.kind, row.old],
      );
      await tx.client.query(
        `UPDATE search.search_backend_generations SET state = 'active', epoch = epoch + 1 WHERE kind = $1 AND generation = $2`,
        [row.kind, row.generation],
      );
      for (const table of TABLES[row.kind])
        await tx.client.query(`DELETE FROM search.${table} WHERE generation = $1`, [row.old]);
    }
    if (rows.length > 0) await tx.client.query(`SELECT pg_notify('search_generations', '')`);
    return rows;
  });
  for (const { kind, generation, old } of switched) logger.info({ kind, generation, old }, 'generation activated');
  return switched.length > 0;
}
