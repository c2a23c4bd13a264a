import type { Database } from '@peermesh/database';
import type { BackendStats } from '../../ports.ts';
import type { GenerationKey } from './generation-cursor.ts';

/** Counts and hashes the live records of one generation's tables, in the database. */
export async function statsOf(
  db: Database<unknown>,
  key: GenerationKey,
  tables: readonly string[],
): Promise<BackendStats> {
  const union = tables
    .map((table) => `SELECT tenant_id, id, version FROM search.${table} WHERE generation = $1 AND NOT deleted`)
    .join(' UNION ALL ');
  return db.system(
    async (tx) => {
      const { rows } = await tx.client.query<{ bucket: number; hash: string; count: string }>(
        `SELECT ('x' || substr(md5(tenant_id || '/' || id), 1, 2))::bit(8)::integer >> 2 AS bucket,
                bit_xor(('x' || substr(md5(tenant_id || '/' || id || '/' || version), 1, 16))::bit(64)::bigint)::text AS hash,
                count(*) AS count
           FROM (${union}) live GROUP BY 1`,
        [key.generation],
      );
      const bucketHashes = Array.from({ length: 64 }, () => 0n);
      let count = 0;
      for (const row of rows) {
        bucketHashes[row.bucket] = BigInt.asUintN(64, BigInt(row.hash));
        count += Number(row.count);
      }
      return { count, bucketHashes, watermark: await cursorOf(tx.client, key) };
    },
    { readOnly: true },
  );
}

/** How far a generation has applied the change log. */
export async function cursorOf(
  client: { query(text: string, values: unknown[]): Promise<{ rows: { cursor_seq: string }[] }> },
  key: GenerationKey,
): Promise<number> {
  const { rows } = await client.query(
    'SELECT cursor_seq FROM search.search_backend_generations WHERE kind = $1 AND generation = $2',
    [key.kind, key.generation],
  );
  return Number(rows[0]?.cursor_seq ?? 0);
}

/** The versions that one generation holds live of some records. */
export async function versionsIn(
  db: Database<unknown>,
  key: GenerationKey,
  tables: readonly string[],
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const union = tables
    .map(
      (table) =>
        `SELECT id, version FROM search.${table} WHERE generation = $1 AND tenant_id = $2 AND id = ANY($3) AND NOT deleted`,
    )
    .join(' UNION ALL ');
  return db.tenant(
    tenantId,
    async (tx) => {
      const { rows } = await tx.client.query<{ id: string; version: number }>(union, [key.generation, tenantId, ids]);
      return new Map(rows.map((row) => [row.id, row.version]));
    },
    { readOnly: true },
  );
}
