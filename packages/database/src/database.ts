import { commonErrors } from '@peermesh/errors';
import { type MetricsRegistry, observePool, traceQueries } from '@peermesh/telemetry';
import pg from 'pg';
import type { Logger } from 'pino';
import { kyselyOn } from './client-kysely.ts';
import { isConnectionLoss, isSerializationFailure } from './connection-errors.ts';
import type { Transaction, TxOptions } from './transaction.ts';

/** What {@link createDatabase} needs. */
export interface DatabaseOptions {
  /** URL of the service's application role. */
  readonly url: string;
  readonly schema: string;
  readonly applicationName: string;
  /** Largest number of connections; 10 when absent. */
  readonly poolMax?: number;
  /** Server-side limit for one statement; 15 s when absent. */
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly logger: Logger;
  /** Where the use of the pool is shown. */
  readonly metrics?: MetricsRegistry;
}

/** A service's own database. */
export interface Database<Schema> {
  readonly schema: string;
  readonly pool: pg.Pool;
  /** Runs `work` in a transaction that sees the rows of one tenant. Commits when it returns, rolls back when it throws. */
  tenant<T>(tenantId: string, work: (tx: Transaction<Schema>) => Promise<T>, options?: TxOptions): Promise<T>;
  /** Runs `work` in a transaction that sees the rows of all tenants: for relays, projectors and sweepers. */
  system<T>(work: (tx: Transaction<Schema>) => Promise<T>, options?: TxOptions): Promise<T>;
  /** Fails when PostgreSQL does not answer. */
  ping(): Promise<void>;
  /** Waits for open transactions and closes all connections. */
  close(): Promise<void>;
}

/**
 * Opens the pool. Connections are made on demand, so this never fails by itself; {@link Database.ping} tells whether the
 * server is there. Work is run again, with backoff, after serialization failures, deadlocks, and connections that were
 * lost before COMMIT was sent; after that the outcome is unknown and the caller gets the error.
 */
export function createDatabase<Schema>(options: DatabaseOptions): Database<Schema> {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolMax ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    idle_in_transaction_session_timeout: 60_000,
  });
  pool.on('connect', (client) => traceQueries(client));
  if (options.metrics !== undefined) observePool(options.metrics, pool);
  pool.on('error', (error) => options.logger.warn({ err: error }, 'idle database connection lost'));
  const run = <T>(tenantId: string | null, work: (tx: Transaction<Schema>) => Promise<T>, txOptions: TxOptions = {}) =>
    withRetries(txOptions, options.logger, () => runOnce(pool, tenantId, work, txOptions));
  let closing: Promise<void> | undefined;
  return {
    schema: options.schema,
    pool,
    tenant: (tenantId, work, txOptions) => run(tenantId, work, txOptions),
    system: (work, txOptions) => run(null, work, txOptions),
    ping: async () => {
      await pool.query('SELECT 1');
    },
    close: () => (closing ??= pool.end()),
  };
}

class Uncommitted extends Error {
  constructor(cause: unknown) {
    super('the transaction did not reach COMMIT', { cause });
  }
}

async function withRetries<T>(options: TxOptions, logger: Logger, attempt: () => Promise<T>): Promise<T> {
  const retries = options.retries ?? 3;
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      const cause = error instanceof Uncommitted ? error.cause : error;
      const lost = isConnectionLoss(cause);
      const repeatable = error instanceof Uncommitted && (lost || isSerializationFailure(cause));
      failures += 1;
      if (!repeatable || failures > retries || options.signal?.aborted === true) {
        throw lost ? commonErrors.unavailable({ detail: 'The database is away.', cause, retryAfterSeconds: 1 }) : cause;
      }
      logger.debug({ err: cause, failures }, 'transaction is run again');
      await backoff(failures, lost ? 100 : 5);
    }
  }
}

function backoff(failures: number, baseMs: number): Promise<void> {
  const delayMs = baseMs * 2 ** (failures - 1) * (0.5 + Math.random());
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function runOnce<Schema, T>(
  pool: pg.Pool,
  tenantId: string | null,
  work: (tx: Transaction<Schema>) => Promise<T>,
  options: TxOptions,
): Promise<T> {
  options.signal?.throwIfAborted();
  const client = await pool.connect().catch((error: unknown) => {
    throw new Uncommitted(error);
  });
  const callbacks: (() => void)[] = [];
  let broken: Error | boolean = false;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    let result: T;
    try {
      const begun = (await client.query(beginStatement(tenantId, options))) as unknown as pg.QueryResult[];
      result = await work({
        query: kyselyOn<Schema>(client),
        client,
        opening: options.opening === undefined ? null : (begun.at(-1) ?? null),
        tenantId,
        afterCommit: (callback) => callbacks.push(callback),
      });
    } catch (error) {
      if (isConnectionLoss(error)) broken = true;
      else await client.query('ROLLBACK').catch(() => (broken = true));
      throw new Uncommitted(error);
    }
    const committed = await client.query('COMMIT').catch((error: unknown) => {
      broken = true;
      throw isSerializationFailure(error) ? new Uncommitted(error) : error;
    });
    if (committed.command === 'ROLLBACK')
      throw new Uncommitted(new Error('a failed statement was ignored: rolled back'));
    for (const callback of callbacks) callback();
    return result;
  } finally {
    client.removeListener('error', onError);
    client.release(broken);
  }
}

function beginStatement(tenantId: string | null, options: TxOptions): string {
  const isolation = options.isolation === undefined ? '' : ` ISOLATION LEVEL ${options.isolation.toUpperCase()}`;
  const access = options.readOnly === true ? ' READ ONLY' : '';
  const scope =
    tenantId === null
      ? `SET LOCAL app.system = 'on'; SET LOCAL app.tenant_id = ''`
      : `SET LOCAL app.system = 'off'; SET LOCAL app.tenant_id = ${pg.escapeLiteral(tenantId)}`;
  const timeout =
    options.statementTimeoutMs === undefined
      ? ''
      : `; SET LOCAL statement_timeout = ${Math.max(1, Math.trunc(options.statementTimeoutMs))}`;
  const opening = options.opening === undefined ? '' : `; ${options.opening}`;
  return `BEGIN${isolation}${access}; ${scope}${timeout}${opening}`;
}
