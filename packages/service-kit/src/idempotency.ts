import { createHash, randomUUID } from 'node:crypto';
import type { Database, Transaction } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import canonicalize from 'canonicalize';
import pg from 'pg';

/** A finished answer. */
export interface StoredResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Who sent which key for which request. */
export interface IdempotentRequest {
  readonly tenantId: string;
  readonly subject: string;
  readonly key: string;
  readonly method: string;
  readonly route: string;
  readonly body: unknown;
}

/** The right to run one request under its key. */
export interface IdempotencyClaim {
  /** Stores the answer inside the transaction of the effect: both become true, or neither does. */
  complete(tx: Transaction<never>, result: StoredResult): Promise<void>;
  /** Stores the answer in a transaction of its own, when the effect had none. */
  completeAlone(result: StoredResult): Promise<void>;
  /** Gives the key back after a failure, so that the same request may be sent again. */
  release(): Promise<void>;
}

/** Results of writes by `Idempotency-Key`, in the service's own schema. */
export interface IdempotencyStore {
  /** A claim to run, or the answer of the first run. Rejects with 409 while that one runs, 422 for another request. */
  begin(request: IdempotentRequest): Promise<{ readonly claim: IdempotencyClaim } | { readonly replay: StoredResult }>;
  /** Deletes expired rows; returns how many. */
  sweep(): Promise<number>;
}

interface StoredRow {
  readonly fingerprint: string;
  readonly state: string;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer | null;
}

const LEASE_MS = 30_000;
const SWEEP_ROWS = 5_000;
const RETENTION_MS = 24 * 3600 * 1000;

/** Makes a store on `{module}_idempotency`. A claim whose process died is free again after 30 s; results live for 24 h. */
export function createIdempotencyStore<Schema>(options: {
  readonly db: Database<Schema>;
  readonly module: string;
}): IdempotencyStore {
  const { db } = options;
  const table = `${pg.escapeIdentifier(db.schema)}.${pg.escapeIdentifier(`${options.module}_idempotency`)}`;
  const identity = 'tenant_id = $1 AND subject = $2 AND key = $3';

  return {
    async begin(request) {
      const owner = randomUUID();
      const print = fingerprint(request);
      const ids = [request.tenantId, request.subject, request.key];
      const row = await db.tenant(request.tenantId, async ({ client }) => {
        const { rowCount } = await client.query(
          `INSERT INTO ${table} AS existing (tenant_id, subject, key, method, route, fingerprint, state, owner, lock_until, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'in_flight', $7, now() + $8 * interval '1 ms', now() + $9 * interval '1 ms')
         ON CONFLICT (tenant_id, subject, key) DO UPDATE
           SET owner = excluded.owner, lock_until = excluded.lock_until, expires_at = excluded.expires_at, state = 'in_flight',
               method = excluded.method, route = excluded.route, fingerprint = excluded.fingerprint
         WHERE existing.expires_at < now()
            OR (existing.state = 'in_flight' AND existing.lock_until < now() AND existing.fingerprint = excluded.fingerprint)`,
          [...ids, request.method, request.route, print, owner, LEASE_MS, RETENTION_MS],
        );
        if (rowCount === 1) return 'claimed';
        const { rows } = await client.query<StoredRow>(
          `SELECT fingerprint, state, status, headers, body FROM ${table} WHERE ${identity}`,
          ids,
        );
        return rows[0];
      });
      if (row === 'claimed') return { claim: claimOf(request.tenantId, ids, owner) };
      if (row !== undefined && row.fingerprint !== print) throw commonErrors.idempotencyKeyReused();
      if (row === undefined || row.state === 'in_flight')
        throw commonErrors.idempotencyInFlight({ retryAfterSeconds: 1 });
      const body: unknown = row.body === null ? undefined : JSON.parse(row.body.toString('utf8'));
      return { replay: { status: row.status, headers: row.headers, body } };
    },
    async sweep() {
      let deleted = 0;
      for (;;) {
        const { rowCount } = await db.system(({ client }) =>
          client.query(
            `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE expires_at < now() LIMIT ${SWEEP_ROWS}))`,
          ),
        );
        deleted += rowCount ?? 0;
        if ((rowCount ?? 0) < SWEEP_ROWS) return deleted;
      }
    },
  };

  function claimOf(tenantId: string, ids: readonly string[], owner: string): IdempotencyClaim {
    const store = async (client: Pick<pg.PoolClient, 'query'>, result: StoredResult): Promise<void> => {
      const body = result.body === undefined ? null : Buffer.from(JSON.stringify(result.body));
      const { rowCount } = await client.query(
        `UPDATE ${table} SET state = 'done', status = $5, headers = $6, body = $7 WHERE ${identity} AND owner = $4 AND state = 'in_flight'`,
        [...ids, owner, result.status, JSON.stringify(result.headers), body],
      );
      if (rowCount !== 1)
        throw commonErrors.idempotencyInFlight({ internal: 'the lease was lost', retryAfterSeconds: 1 });
    };
    return {
      complete: (tx, result) => store(tx.client, result),
      completeAlone: (result) => db.tenant(tenantId, ({ client }) => store(client, result)),
      release: async () => {
        await db.tenant(tenantId, ({ client }) =>
          client.query(`DELETE FROM ${table} WHERE ${identity} AND owner = $4 AND state = 'in_flight'`, [
            ...ids,
            owner,
          ]),
        );
      },
    };
  }
}

function fingerprint(request: IdempotentRequest): string {
  const body = canonicalize(request.body ?? null) ?? 'null';
  return createHash('sha256').update(`${request.method}\n${request.route}\n${body}`).digest('hex');
}
