import type { Database } from '@peermesh/database';
import pg from 'pg';

/** A value as SQL text. */
export const literal = (text: string): string => pg.escapeLiteral(text);

/** A list of texts as SQL text. */
export const literals = (texts: readonly string[]): string => `ARRAY[${texts.map(literal).join(',')}]::text[]`;

/**
 * One read of a tenant's rows in a single round trip: the tenant is set and the statement runs in the implicit
 * transaction of one simple query, so row-level security holds and nothing is left on the connection. Values must be
 * put in by {@link literal}. For the short reads that every search does.
 */
export async function readInOneTrip<Row extends object>(
  db: Database<unknown>,
  tenantId: string,
  statement: string,
): Promise<Row[]> {
  const results = (await db.pool.query<Row>(
    `SELECT set_config('app.system', 'off', true), set_config('app.tenant_id', ${literal(tenantId)}, true); ${statement}`,
  )) as unknown as readonly { readonly rows: Row[] }[];
  return results[1]?.rows ?? [];
}
