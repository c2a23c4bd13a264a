import type { Database, Transaction } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import type { EdgeRow } from '../../domain/graph/edges.ts';
import type { NodeDescription } from '../../domain/graph/graph-hits.ts';
import { type GraphEntry, GraphStore } from '../../domain/graph/graph-store.ts';
import { keyOf } from '../../domain/versioned-ops.ts';
import type { RecordAttributes } from '../../ports.ts';
import { Mirror } from './mirror.ts';
import { READ_IN_ORDER } from './read-in-order.ts';

const PAGE = 1_000;

/** The graph of one generation in memory. */
export type GraphMirror = Mirror<GraphEntry, GraphStore>;

/** An empty mirror of one generation. */
export function graphMirror(options: {
  readonly db: Database<unknown>;
  readonly generation: number;
  readonly bytesMax: number;
  readonly logger: Logger;
}): GraphMirror {
  const { db, generation, bytesMax, logger } = options;
  return new Mirror({
    db,
    key: { kind: 'graph', generation },
    store: new GraphStore(),
    bytesMax,
    logger,
    put: (store, entry) => store.put(entry),
    read: (from, upTo) => readGraph(db, generation, from, upTo),
  });
}

/** Rows of before there was an order stand at 0, many of them: pages go on behind the whole key of the last row. */
interface Place {
  readonly seq: string;
  readonly tenant_id: string;
  readonly id: string;
}

interface RecordRow extends Place {
  readonly deleted: boolean;
  readonly name?: string;
  readonly attributes?: RecordAttributes;
}

const TABLES = [
  { table: 'search_graph_nodes', columns: 'seq, tenant_id, id, deleted, name, attributes', isNode: true },
  { table: 'search_graph_relationships', columns: 'seq, tenant_id, id, deleted', isNode: false },
] as const;

async function* readGraph(
  db: Database<unknown>,
  generation: number,
  from: number,
  upTo: number,
): AsyncGenerator<readonly GraphEntry[]> {
  for (const { table, columns, isNode } of TABLES) {
    let behind: Place = { seq: String(from === 0 ? -1 : from + 1), tenant_id: '', id: '' };
    for (;;) {
      const page = await readPage(db, { generation, upTo, behind, table, columns });
      yield page.rows.map((row) => ({
        tenantId: row.tenant_id,
        id: row.id,
        ...(isNode ? { node: nodeOf(row) } : {}),
        edges: page.edges.get(keyOf(row.tenant_id, row.id)) ?? [],
      }));
      const last = page.rows.at(-1);
      if (last === undefined || page.rows.length < PAGE) break;
      behind = last;
    }
  }
}

function nodeOf({ deleted, name, attributes }: RecordRow): NodeDescription | null {
  return deleted || attributes === undefined ? null : { name: name ?? '', attributes };
}

interface PageOf {
  readonly generation: number;
  readonly upTo: number;
  readonly behind: Place;
  readonly table: string;
  readonly columns: string;
}

function readPage(
  db: Database<unknown>,
  { generation, upTo, behind, table, columns }: PageOf,
): Promise<{ readonly rows: readonly RecordRow[]; readonly edges: ReadonlyMap<string, EdgeRow[]> }> {
  return db.system(
    async (tx) => {
      const { rows } = await tx.client.query<RecordRow>(
        `SELECT ${columns} FROM search.${table}
          WHERE generation = $1 AND (seq, tenant_id, id) > ($2::bigint, $3::text, $4::text) AND seq <= $5
          ORDER BY seq, tenant_id, id LIMIT ${PAGE}`,
        [generation, behind.seq, behind.tenant_id, behind.id, upTo],
      );
      return { rows, edges: await edgesOf(tx, generation, rows) };
    },
    { readOnly: true, opening: READ_IN_ORDER },
  );
}

async function edgesOf(
  tx: Transaction<unknown>,
  generation: number,
  records: readonly RecordRow[],
): Promise<Map<string, EdgeRow[]>> {
  const { rows } = await tx.client.query<EdgeRow>(
    `SELECT edge.* FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
      CROSS JOIN LATERAL (
        SELECT tenant_id AS "tenantId", from_id AS "from", to_id AS "to", type, record_id AS "recordId", inverse, weight, acl
          FROM search.search_graph_edges held
         WHERE held.generation = $1 AND held.tenant_id = wanted.tenant_id AND held.record_id = wanted.id OFFSET 0) edge`,
    [generation, records.map(({ tenant_id }) => tenant_id), records.map(({ id }) => id)],
  );
  return Map.groupBy(rows, ({ tenantId, recordId }) => keyOf(tenantId, recordId));
}
