import type { Database } from '@peermesh/database';
import pg from 'pg';
import type { LegContext } from '../../ports.ts';

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
  context: LegContext,
  statement: string,
): Promise<Row[]> {
  context.signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(context.signal.reason as Error);
  context.signal.addEventListener('abort', abort, { once: true });
  const tenant = literal(context.viewer.tenantId);
  const running = db.pool.query<Row>(
    `SELECT set_config('app.system', 'off', true), set_config('app.tenant_id', ${tenant}, true); ${statement}`,
  ) as unknown as Promise<readonly { readonly rows: Row[] }[]>;
  try {
    const results = await Promise.race([running, promise]);
    return results[1]?.rows ?? [];
  } finally {
    context.signal.removeEventListener('abort', abort);
    running.catch(() => undefined);
  }
}
