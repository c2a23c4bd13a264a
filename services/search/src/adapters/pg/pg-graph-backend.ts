import type { Database, Transaction } from '@peermesh/database';
import { edgesOf } from '../../domain/graph/edges.ts';
import { graphResult, type NodeDescription } from '../../domain/graph/graph-hits.ts';
import { type Walk, walk } from '../../domain/graph/walk.ts';
import { untilAborted } from '../../domain/until-aborted.ts';
import { type HeldVersion, kindOf, newestOps, recordsDelta } from '../../domain/versioned-ops.ts';
import type {
  Ack,
  BackendStats,
  Capabilities,
  GraphSeed,
  LegContext,
  LegQuery,
  LegResult,
  SearchBackend,
  VersionedOp,
} from '../../ports.ts';
import { arrayText, plainArrayText } from './array-text.ts';
import { cursorOf, statsOf, versionsIn } from './backend-stats.ts';
import { applyUnderCursor, type GenerationKey, heldVersions } from './generation-cursor.ts';
import { GraphReader } from './graph-reader.ts';

const TABLES = ['search_graph_nodes', 'search_graph_relationships'];

/** Entities, documents and the edges between them in PostgreSQL; capped breadth-first walks, one statement per hop. */
export class PgGraphBackend implements SearchBackend {
  readonly kind = 'graph';
  readonly #db: Database<unknown>;
  readonly #key: GenerationKey;
  #watermark = 0;

  constructor(options: { readonly db: Database<unknown>; readonly generation: number }) {
    this.#db = options.db;
    this.#key = { kind: 'graph', generation: options.generation };
  }

  capabilities(): Capabilities {
    return {
      kind: 'graph',
      impl: 'pg-graph',
      holds: ['doc', 'entity', 'relationship'],
      facets: false,
      durable: true,
      space: null,
    };
  }

  async ensureSchema(): Promise<void> {
    await this.health();
  }

  async apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack> {
    const relationships = batch.filter((op) => kindOf(op) === 'relationship');
    const nodes = batch.filter((op) => kindOf(op) !== 'relationship');
    const ack = await applyUnderCursor(this.#db, this.#key, upTo, async (tx) => {
      const { generation } = this.#key;
      const heldNodes = await heldVersions(tx, 'search_graph_nodes', generation, nodes);
      const heldRelationships = await heldVersions(tx, 'search_graph_relationships', generation, relationships);
      const newNodes = newestOps(nodes, heldNodes);
      const newRelationships = newestOps(relationships, heldRelationships);
      await this.#writeNodes(tx, newNodes);
      await this.#writeRelationships(tx, newRelationships);
      await this.#writeEdges(tx, [...newNodes, ...newRelationships], heldNodes, heldRelationships);
      const applied = newNodes.length + newRelationships.length;
      return {
        applied,
        ignored: batch.length - applied,
        recordsDelta: recordsDelta(newNodes, heldNodes) + recordsDelta(newRelationships, heldRelationships),
      };
    });
    this.#watermark = Math.max(this.#watermark, ack.watermark);
    return ack;
  }

  async refresh(): Promise<void> {
    this.#watermark = Math.max(this.#watermark, await cursorOf(this.#db.pool, this.#key));
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    return this.#reading(context, async (reader) =>
      graphResult(
        query,
        await walk(query.seeds, query.graph, reader.expand(query.graph.edgeTypes), context.signal),
        (ids) => reader.describe(ids),
        this.#watermark,
      ),
    );
  }

  /**
   * Walks from some nodes and describes the best `limit` that it reaches; what the viewer may not read is neither shown
   * nor walked through.
   */
  async neighborhood(
    seeds: readonly GraphSeed[],
    options: LegQuery['graph'],
    limit: number,
    context: LegContext,
  ): Promise<{ readonly found: Walk; readonly nodes: ReadonlyMap<string, NodeDescription> }> {
    return this.#reading(context, async (reader) => {
      const found = await walk(seeds, options, reader.expand(options.edgeTypes), context.signal);
      return { found, nodes: await reader.describe(found.reached.slice(0, limit).map(({ id }) => id)) };
    });
  }

  #reading<T>(context: LegContext, work: (reader: GraphReader) => Promise<T>): Promise<T> {
    return untilAborted(work(new GraphReader(this.#db, this.#key.generation, context)), context.signal);
  }

  get(tenantId: string, ids: readonly string[]): Promise<Map<string, number>> {
    return versionsIn(this.#db, this.#key, TABLES, tenantId, ids);
  }

  stats(): Promise<BackendStats> {
    return statsOf(this.#db, this.#key, TABLES);
  }

  watermark(): number {
    return this.#watermark;
  }

  async health(): Promise<void> {
    await this.#db.ping();
  }

  async close(): Promise<void> {}

  async #writeNodes(tx: Transaction<unknown>, ops: readonly VersionedOp[]): Promise<void> {
    if (ops.length === 0) return;
    const nodes = ops.map((op) => nodeOf(op));
    await tx.client.query(
      `INSERT INTO search.search_graph_nodes (generation, tenant_id, id, version, deleted, name, attributes, acl)
       SELECT $1::int, tenant_id, id, version, deleted, name, attributes, acl::text[]
         FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::text[], $7::jsonb[], $8::text[])
           AS node (tenant_id, id, version, deleted, name, attributes, acl)
       ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
         name = excluded.name, attributes = excluded.attributes, acl = excluded.acl`,
      [
        this.#key.generation,
        arrayText(ops.map((op) => op.tenantId)),
        arrayText(ops.map((op) => op.id)),
        plainArrayText(ops.map((op) => op.version)),
        plainArrayText(ops.map((op) => op.op === 'delete')),
        arrayText(nodes.map(({ name }) => name)),
        arrayText(nodes.map(({ attributes }) => attributes)),
        arrayText(nodes.map(({ acl }) => arrayText(acl))),
      ],
    );
  }

  async #writeRelationships(tx: Transaction<unknown>, ops: readonly VersionedOp[]): Promise<void> {
    if (ops.length === 0) return;
    await tx.client.query(
      `INSERT INTO search.search_graph_relationships (generation, tenant_id, id, version, deleted)
       SELECT $1::int, * FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[])
       ON CONFLICT (generation, tenant_id, id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted`,
      [
        this.#key.generation,
        arrayText(ops.map((op) => op.tenantId)),
        arrayText(ops.map((op) => op.id)),
        plainArrayText(ops.map((op) => op.version)),
        plainArrayText(ops.map((op) => op.op === 'delete')),
      ],
    );
  }

  /** Replaces the edges that each record made before. */
  async #writeEdges(
    tx: Transaction<unknown>,
    ops: readonly VersionedOp[],
    ...held: readonly ReadonlyMap<string, HeldVersion>[]
  ): Promise<void> {
    const changed = ops.filter(
      (op) => kindOf(op) !== 'entity' && held.some((map) => map.has(`${op.tenantId}/${op.id}`)),
    );
    if (changed.length > 0) {
      await tx.client.query(
        `DELETE FROM search.search_graph_edges WHERE ctid = ANY(ARRAY(
           SELECT held.ctid FROM unnest($2::text[], $3::text[]) AS wanted (tenant_id, id)
            CROSS JOIN LATERAL (
              SELECT ctid FROM search.search_graph_edges edge
               WHERE edge.generation = $1 AND edge.tenant_id = wanted.tenant_id AND edge.record_id = wanted.id OFFSET 0) held))`,
        [this.#key.generation, changed.map((op) => op.tenantId), changed.map((op) => op.id)],
      );
    }
    const edges = ops.flatMap(edgesOf);
    if (edges.length === 0) return;
    await tx.client.query(
      `INSERT INTO search.search_graph_edges (generation, tenant_id, from_id, to_id, type, record_id, inverse, weight, acl)
       SELECT $1::int, tenant_id, from_id, to_id, type, record_id, inverse, weight, acl::text[]
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::real[], $9::text[])
           AS edge (tenant_id, from_id, to_id, type, record_id, inverse, weight, acl)`,
      [
        this.#key.generation,
        arrayText(edges.map((edge) => edge.tenantId)),
        arrayText(edges.map((edge) => edge.from)),
        arrayText(edges.map((edge) => edge.to)),
        arrayText(edges.map((edge) => edge.type)),
        arrayText(edges.map((edge) => edge.recordId)),
        plainArrayText(edges.map((edge) => edge.inverse)),
        plainArrayText(edges.map((edge) => edge.weight)),
        arrayText(edges.map((edge) => arrayText(edge.acl))),
      ],
    );
  }
}

function nodeOf(op: VersionedOp): { name: string; attributes: string; acl: readonly string[] } {
  if (op.op === 'delete' || op.record.kind === 'relationship') return { name: '', attributes: '{}', acl: [] };
  const { record } = op;
  const { attributes } = record;
  return {
    name: record.kind === 'doc' ? record.title : record.name,
    attributes: JSON.stringify(attributes),
    acl: attributes.acl,
  };
}
