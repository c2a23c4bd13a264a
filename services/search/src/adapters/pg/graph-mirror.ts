import type { Database, Transaction } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import {
  edgesOfMentions,
  edgesOfRelationship,
  type MentionEdge,
  type RelationshipEdge,
} from '../../domain/graph/edges.ts';
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

interface NodeRow extends Place {
  readonly deleted: boolean;
  readonly name: string;
  readonly attributes: RecordAttributes;
}

interface RelationshipRow extends Place, RelationshipEdge {
  readonly deleted: boolean;
}

interface Range {
  readonly generation: number;
  readonly from: number;
  readonly upTo: number;
}

const NODES = { table: 'search_graph_nodes', columns: 'name, attributes' } as const;
const RELATIONSHIPS = {
  table: 'search_graph_relationships',
  columns: 'from_id AS "from", to_id AS "to", type, weight, acl',
} as const;

async function* readGraph(
  db: Database<unknown>,
  generation: number,
  from: number,
  upTo: number,
): AsyncGenerator<readonly GraphEntry[]> {
  const range = { generation, from, upTo };
  const nodes = pages<NodeRow, GraphEntry>(db, range, NODES, async (tx, rows) => {
    const mentions = await mentionsOf(tx, generation, rows);
    return rows.map(({ tenant_id: tenantId, id, deleted, name, attributes }) => {
      if (deleted) return { tenantId, id, node: null, edges: [] };
      const mentioned = mentions.get(keyOf(tenantId, id)) ?? [];
      const edges = edgesOfMentions(tenantId, id, mentioned, attributes.acl);
      return { tenantId, id, node: { name, attributes }, edges };
    });
  });
  yield* nodes;
  yield* pages<RelationshipRow, GraphEntry>(db, range, RELATIONSHIPS, async (_, rows) =>
    rows.map((row) => {
      const { tenant_id: tenantId, id, deleted } = row;
      return { tenantId, id, edges: deleted ? [] : edgesOfRelationship(tenantId, id, row) };
    }),
  );
}

/** The records of a table that were applied in a range of the change log, in its order. */
async function* pages<Row extends Place, Entry>(
  db: Database<unknown>,
  { generation, from, upTo }: Range,
  { table, columns }: { readonly table: string; readonly columns: string },
  entriesOf: (tx: Transaction<unknown>, rows: readonly Row[]) => Promise<Entry[]>,
): AsyncGenerator<readonly Entry[]> {
  let behind: Place = { seq: String(from === 0 ? -1 : from + 1), tenant_id: '', id: '' };
  for (;;) {
    const page = await db.system(
      async (tx) => {
        const { rows } = await tx.client.query<Row>(
          `SELECT seq, tenant_id, id, deleted, ${columns} FROM search.${table}
            WHERE generation = $1 AND (seq, tenant_id, id) > ($2::bigint, $3::text, $4::text) AND seq <= $5
            ORDER BY seq, tenant_id, id LIMIT ${PAGE}`,
          [generation, behind.seq, behind.tenant_id, behind.id, upTo],
        );
        return { rows, entries: await entriesOf(tx, rows) };
      },
      { readOnly: true, opening: READ_IN_ORDER },
    );
    yield page.entries;
    const last = page.rows.at(-1);
    if (last === undefined || page.rows.length < PAGE) return;
    behind = last;
  }
}

async function mentionsOf(
  tx: Transaction<unknown>,
  generation: number,
  documents: readonly Place[],
): Promise<Map<string, MentionEdge[]>> {
  const { rows } = await tx.client.query<MentionEdge & { tenant_id: string; document_id: string }>(
    `SELECT mention.tenant_id, mention.document_id, mention.entity_id AS "entityId", mention.weight
       FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
      CROSS JOIN LATERAL (
        SELECT tenant_id, document_id, entity_id, weight FROM search.search_graph_mentions held
         WHERE held.generation = $1 AND held.tenant_id = wanted.tenant_id AND held.document_id = wanted.id OFFSET 0) mention`,
    [generation, documents.map(({ tenant_id }) => tenant_id), documents.map(({ id }) => id)],
  );
  return Map.groupBy(rows, (row) => keyOf(row.tenant_id, row.document_id));
}
