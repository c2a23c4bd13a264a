import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type pg from 'pg';

/** A Kysely that sends everything through one connection whose transaction somebody else controls. */
export function kyselyOn<Schema>(client: pg.PoolClient): Kysely<Schema> {
  const connection = new ClientConnection(client);
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new ClientDriver(connection),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

class ClientConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const result = await this.#client.query(query.sql, [...query.parameters]);
    const rows = result.rows as Row[];
    return ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(result.command)
      ? { rows, numAffectedRows: BigInt(result.rowCount ?? 0) }
      : { rows };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for it; transactions here do not stream
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('streaming is not supported inside a transaction: use `client` with a cursor');
  }
}

class ClientDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  async beginTransaction(): Promise<void> {
    throw new Error('already inside a transaction');
  }
  async commitTransaction(): Promise<void> {
    throw new Error('the transaction commits when its work returns');
  }
  async rollbackTransaction(): Promise<void> {
    throw new Error('throw to roll back');
  }
}
