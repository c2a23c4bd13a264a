import { SERVICE_NAMES, schemaOf } from '@peermesh/infra/catalog';
import pg from 'pg';

/** What the fleet's database knows of the documents of a run; every number counts rows. */
export interface Ledger {
  /** Submissions by status. */
  readonly contents: Readonly<Record<string, number>>;
  readonly documents: number;
  /** Documents that were written more than once: replaced, or with a later version than the first. */
  readonly rewritten: number;
  /** Records of the current generation of each leg that stand for a document. */
  readonly indexed: Readonly<Record<'keyword' | 'vector' | 'time', number>>;
  readonly notifications: number;
  /** Deliveries by state. */
  readonly deliveries: Readonly<Record<string, number>>;
  /** Events that no relay has published yet, by service. */
  readonly outbox: Readonly<Record<string, number>>;
  /** Dead letters, by service, with their reasons. */
  readonly deadLetters: readonly string[];
}

/** Counts everything in one snapshot of the database. */
export async function readLedger(client: pg.Client, topic: string): Promise<Ledger> {
  const count = async (sql: string, values: readonly unknown[] = []): Promise<number> => {
    const { rows } = await client.query<{ count: number }>(sql, [...values]);
    return rows[0]?.count ?? 0;
  };
  const groups = async (sql: string, values: readonly unknown[] = []): Promise<Record<string, number>> => {
    const { rows } = await client.query<{ key: string; count: number }>(sql, [...values]);
    return Object.fromEntries(rows.map((row) => [row.key, row.count]));
  };
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    const indexed = (table: string): Promise<number> =>
      count(
        `SELECT count(*)::int FROM search.${table} leg JOIN search.search_documents document USING (tenant_id, id)
          WHERE NOT leg.deleted AND $1 = ANY (document.topics)`,
        [topic],
      );
    return {
      contents: await groups(
        'SELECT status AS key, count(*)::int FROM ingest.ingest_contents WHERE topics ? $1 GROUP BY 1',
        [topic],
      ),
      documents: await count('SELECT count(*)::int FROM search.search_documents WHERE $1 = ANY (topics)', [topic]),
      rewritten: await count(
        `SELECT (SELECT count(*) FROM search.search_documents WHERE $1 = ANY (topics) AND version > 1)::int
              + (SELECT count(*) FROM search.search_document_versions)::int AS count`,
        [topic],
      ),
      indexed: {
        keyword: await indexed('search_keyword_records'),
        vector: await indexed('search_vector_records'),
        time: await indexed('search_time_records'),
      },
      notifications: await count(
        `SELECT count(*)::int FROM publisher.publisher_notifications WHERE kind = 'document' AND $1 = ANY (topics)`,
        [topic],
      ),
      deliveries: await groups(
        `SELECT state AS key, count(*)::int FROM publisher.publisher_deliveries WHERE kind = 'document' GROUP BY 1`,
      ),
      outbox: await outboxes(client),
      deadLetters: await deadLetters(client),
    };
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Rows behind the relay's mark wait for the housekeeping; those before it wait for the relay. */
async function outboxes(client: pg.Client): Promise<Record<string, number>> {
  const waiting: Record<string, number> = {};
  for (const service of SERVICE_NAMES) {
    const table = `${schemaOf(service)}.${schemaOf(service)}_outbox`;
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM ${table} WHERE xid >= (SELECT done_before FROM ${table}_leader)`,
    );
    if ((rows[0]?.count ?? 0) > 0) waiting[service] = rows[0]?.count ?? 0;
  }
  return waiting;
}

async function deadLetters(client: pg.Client): Promise<string[]> {
  const found: string[] = [];
  for (const service of SERVICE_NAMES) {
    const { rows } = await client.query<{ text: string }>(
      `SELECT consumer || ' ' || subject || ': ' || code || ' ' || reason AS text FROM ${schemaOf(service)}.${schemaOf(service)}_dead_letters`,
    );
    found.push(...rows.map(({ text }) => text));
  }
  return found;
}
