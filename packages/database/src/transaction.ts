import type { Kysely } from 'kysely';
import type pg from 'pg';

/** How one transaction differs from the default (read committed, the role's statement timeout, 3 retries). */
export interface TxOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  readonly statementTimeoutMs?: number;
  /** How often a transaction is run again after a serialization failure, a deadlock, or a connection lost before COMMIT. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
  /**
   * One statement without parameters that is sent together with BEGIN, in one round trip; {@link Transaction.opening} is its
   * result. It runs only inside the transaction. Literals in it must be escaped by the caller.
   */
  readonly opening?: string;
}

/** An open transaction. It must not be used after `work` has returned. */
export interface Transaction<Schema> {
  /** Typed queries inside the transaction. */
  readonly query: Kysely<Schema>;
  /** The same connection for raw SQL, `unnest` and COPY. */
  readonly client: pg.PoolClient;
  /** What came of {@link TxOptions.opening}; null when there was none. */
  readonly opening: pg.QueryResult | null;
  /** The tenant whose rows are visible; null means all of them. */
  readonly tenantId: string | null;
  /** Runs after COMMIT succeeded; never when it did not. Must not throw. */
  afterCommit(callback: () => void): void;
}
