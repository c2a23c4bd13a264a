import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { edgesOf } from '../../domain/graph/edges.ts';
import { graphResult, type NodeDescription } from '../../domain/graph/graph-hits.ts';
import type { GraphEntry } from '../../domain/graph/graph-store.ts';
import type { GraphView } from '../../domain/graph/graph-view.ts';
import { type Walk, walk } from '../../domain/graph/walk.ts';
import { untilAborted } from '../../domain/until-aborted.ts';
import { kindOf, newestOps, recordsDelta } from '../../domain/versioned-ops.ts';
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
import { statsOf, versionsIn } from './backend-stats.ts';
import { applyUnderCursor, type GenerationKey, heldVersions } from './generation-cursor.ts';
import { type GraphMirror, graphMirror } from './graph-mirror.ts';
import { GraphReader } from './graph-reader.ts';
import { writeMentions, writeNodes, writeRelationships } from './graph-writer.ts';

const TABLES = ['search_graph_nodes', 'search_graph_relationships'];

/** What {@link PgGraphBackend} needs. */
export interface PgGraphOptions {
  readonly db: Database<unknown>;
  readonly generation: number;
  /** Memory that the mirror may take; 0 walks through the tables. */
  readonly mirrorBytesMax: number;
  readonly logger: Logger;
}

/**
 * Entities, documents and the edges between them in PostgreSQL, with a mirror in memory; capped breadth-first walks. Where
 * there is no mirror, a walk takes one statement per hop.
 */
export class PgGraphBackend implements SearchBackend {
  readonly kind = 'graph';
  readonly #db: Database<unknown>;
  readonly #key: GenerationKey;
  readonly #mirror: GraphMirror;

  constructor(options: PgGraphOptions) {
    this.#db = options.db;
    this.#key = { kind: 'graph', generation: options.generation };
    this.#mirror = graphMirror({ ...options, bytesMax: options.mirrorBytesMax });
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
    let entries: readonly GraphEntry[] = [];
    let cursor = 0;
    const ack = await applyUnderCursor(this.#db, this.#key, upTo, async (tx, from) => {
      cursor = from;
      const { generation } = this.#key;
      const heldNodes = await heldVersions(tx, 'search_graph_nodes', generation, nodes);
      const heldRelationships = await heldVersions(tx, 'search_graph_relationships', generation, relationships);
      const newNodes = newestOps(nodes, heldNodes);
      const newRelationships = newestOps(relationships, heldRelationships);
      await writeNodes(tx, generation, newNodes);
      await writeMentions(tx, generation, newNodes, heldNodes);
      await writeRelationships(tx, generation, newRelationships);
      entries = [...newNodes, ...newRelationships].map(entryOf);
      const applied = newNodes.length + newRelationships.length;
      return {
        applied,
        ignored: batch.length - applied,
        recordsDelta: recordsDelta(newNodes, heldNodes) + recordsDelta(newRelationships, heldRelationships),
      };
    });
    await this.#mirror.advance(cursor, ack.watermark, entries);
    return ack;
  }

  /** Brings the mirror up to what any replica has applied. */
  async refresh(): Promise<void> {
    await this.#mirror.refresh();
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    return this.#reading(context, async (view) =>
      graphResult(
        query,
        await walk(query.seeds, query.graph, view.expand(query.graph.edgeTypes), context.signal),
        (ids) => view.describe(ids),
        this.#mirror.watermark,
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
    return this.#reading(context, async (view) => {
      const found = await walk(seeds, options, view.expand(options.edgeTypes), context.signal);
      return { found, nodes: await view.describe(found.reached.slice(0, limit).map(({ id }) => id)) };
    });
  }

  #reading<T>(context: LegContext, work: (view: GraphView) => Promise<T>): Promise<T> {
    const view =
      this.#mirror.store?.viewOf(context.viewer, context.signal) ??
      new GraphReader(this.#db, this.#key.generation, context);
    return untilAborted(work(view), context.signal);
  }

  get(tenantId: string, ids: readonly string[]): Promise<Map<string, number>> {
    return versionsIn(this.#db, this.#key, TABLES, tenantId, ids);
  }

  stats(): Promise<BackendStats> {
    return statsOf(this.#db, this.#key, TABLES);
  }

  watermark(): number {
    return this.#mirror.watermark;
  }

  async health(): Promise<void> {
    await this.#db.ping();
  }

  async close(): Promise<void> {}
}

/** A record as the mirror takes it. */
function entryOf(op: VersionedOp): GraphEntry {
  const { tenantId, id } = op;
  if (kindOf(op) === 'relationship') return { tenantId, id, edges: edgesOf(op) };
  if (op.op === 'delete' || op.record.kind === 'relationship') return { tenantId, id, node: null, edges: [] };
  const { record } = op;
  const name = record.kind === 'doc' ? record.title : record.name;
  return { tenantId, id, node: { name, attributes: record.attributes }, edges: edgesOf(op) };
}
