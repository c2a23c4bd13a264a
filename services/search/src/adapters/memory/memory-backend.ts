import type { Leg } from '@peermesh/contracts/search';
import { edgesOf } from '../../domain/graph/edges.ts';
import { graphResult, type NodeDescription } from '../../domain/graph/graph-hits.ts';
import { type Step, walk } from '../../domain/graph/walk.ts';
import { KeywordStore } from '../../domain/keyword/keyword-store.ts';
import { termVectorOf } from '../../domain/keyword/term-vector.ts';
import { accessOf } from '../../domain/query/access.ts';
import { bucketHashes } from '../../domain/query/bucket-hashes.ts';
import { rankByTrend, type TimedRecord } from '../../domain/time/rank-by-trend.ts';
import { instantOf, timeKeys } from '../../domain/time/trend-score.ts';
import { unitVector, VectorStore } from '../../domain/vector/vector-store.ts';
import { newestOps } from '../../domain/versioned-ops.ts';
import type {
  Ack,
  BackendStats,
  Capabilities,
  LegContext,
  LegQuery,
  LegResult,
  Projection,
  SearchBackend,
  VersionedOp,
} from '../../ports.ts';
import { HnswThread } from '../threads/hnsw-thread.ts';

const HOLDS: Readonly<Record<Leg, readonly Projection['kind'][]>> = {
  keyword: ['doc', 'entity'],
  vector: ['doc'],
  graph: ['doc', 'entity', 'relationship'],
  time: ['doc'],
};

interface Held {
  readonly tenantId: string;
  readonly id: string;
  readonly version: number;
  readonly deleted: boolean;
  readonly record: Projection | null;
}

/** Any of the four legs in memory: nothing survives the process. The reference that the conformance kit compares with. */
export class MemoryBackend implements SearchBackend {
  readonly kind: Leg;
  readonly #held = new Map<string, Held>();
  readonly #keyword = new KeywordStore();
  readonly #vector: VectorStore;
  readonly #now: () => number;
  #watermark = 0;

  constructor(options: { readonly kind: Leg; readonly space?: string; readonly now?: () => number }) {
    this.kind = options.kind;
    this.#vector = new VectorStore(options.space ?? 'hashing@1/256', new HnswThread());
    this.#now = options.now ?? Date.now;
  }

  capabilities(): Capabilities {
    const space = this.kind === 'vector' ? this.#vector.space : null;
    return {
      kind: this.kind,
      impl: `memory-${this.kind}`,
      holds: HOLDS[this.kind],
      facets: this.kind === 'keyword',
      durable: false,
      space,
    };
  }

  async ensureSchema(): Promise<void> {}

  async apply(batch: readonly VersionedOp[], upTo: number): Promise<Ack> {
    const ops = batch.filter((op) => HOLDS[this.kind].includes(op.op === 'upsert' ? op.record.kind : op.kind));
    const newest = newestOps(ops, this.#held);
    for (const op of newest) {
      const record = op.op === 'upsert' ? op.record : null;
      this.#held.set(`${op.tenantId}/${op.id}`, {
        tenantId: op.tenantId,
        id: op.id,
        version: op.version,
        deleted: record === null,
        record,
      });
      this.#index(op);
    }
    this.#watermark = Math.max(this.#watermark, upTo);
    return { applied: newest.length, ignored: batch.length - newest.length, watermark: this.#watermark };
  }

  async query(query: LegQuery, context: LegContext): Promise<LegResult> {
    context.signal.throwIfAborted();
    const { viewer, signal } = context;
    switch (this.kind) {
      case 'keyword':
        return this.#keyword.query(
          query,
          viewer,
          this.#watermark,
          async (tenantId, ids) => this.#texts(tenantId, ids),
          signal,
        );
      case 'vector':
        return this.#vector.query(query, viewer, this.#watermark, signal);
      case 'graph': {
        const expand = async (ids: readonly string[], fanout: number): Promise<Step[]> =>
          this.#expand(ids, fanout, query, context);
        const describe = async (ids: readonly string[]): Promise<Map<string, NodeDescription>> =>
          new Map(
            ids.flatMap((id) => {
              const node = this.#node(viewer.tenantId, id);
              return node === null ? [] : [[id, node] as const];
            }),
          );
        return graphResult(query, await walk(query.seeds, query.graph, expand, signal), describe, this.#watermark);
      }
      case 'time': {
        const ranked = rankByTrend(this.#timed(context), new Map(), query, this.#now());
        return { ...ranked, exhaustive: true, partial: false, watermark: this.#watermark, facets: new Map() };
      }
      default:
        return this.kind satisfies never;
    }
  }

  async get(tenantId: string, ids: readonly string[]): Promise<Map<string, number>> {
    return new Map(
      ids.flatMap((id) => {
        const held = this.#held.get(`${tenantId}/${id}`);
        return held === undefined || held.deleted ? [] : [[id, held.version] as const];
      }),
    );
  }

  async stats(): Promise<BackendStats> {
    const live = [...this.#held.values()].filter((held) => !held.deleted);
    return { count: live.length, bucketHashes: bucketHashes(live), watermark: this.#watermark };
  }

  async refresh(): Promise<void> {}

  watermark(): number {
    return this.#watermark;
  }

  async health(): Promise<void> {}

  async close(): Promise<void> {
    this.#held.clear();
    this.#vector.close();
  }

  #index(op: VersionedOp): void {
    if (this.kind === 'keyword') this.#indexTerms(op);
    if (this.kind === 'vector') this.#indexVector(op);
  }

  #indexTerms(op: VersionedOp): void {
    if (op.op === 'delete') this.#keyword.remove(op.tenantId, op.id);
    else if (op.record.kind === 'doc') {
      this.#keyword.put(op.tenantId, op.id, op.record.attributes, termVectorOf(op.record.title, op.record.text));
    } else if (op.record.kind === 'entity') {
      const body = [...op.record.aliases, op.record.description].join(' . ');
      this.#keyword.put(op.tenantId, op.id, op.record.attributes, termVectorOf(op.record.name, body));
    }
  }

  #indexVector(op: VersionedOp): void {
    const embedding = op.op === 'upsert' && op.record.kind === 'doc' ? op.record.embedding : null;
    const unit = embedding?.space === this.#vector.space ? unitVector(embedding.vector, embedding.vector.length) : null;
    if (op.op === 'upsert' && op.record.kind === 'doc' && unit !== null) {
      this.#vector.put(op.tenantId, op.id, op.record.attributes, unit);
    } else this.#vector.remove(op.tenantId, op.id);
  }

  #texts(tenantId: string, ids: readonly string[]): Map<string, readonly string[]> {
    return new Map(
      ids.flatMap((id) => {
        const record = this.#held.get(`${tenantId}/${id}`)?.record;
        if (record?.kind === 'doc') return [[id, [record.title, record.text]] as const];
        return record?.kind === 'entity'
          ? [[id, [record.name, [...record.aliases, record.description].join(' . ')]] as const]
          : [];
      }),
    );
  }

  #node(tenantId: string, id: string): NodeDescription | null {
    const record = this.#held.get(`${tenantId}/${id}`)?.record;
    if (record === undefined || record === null || record.kind === 'relationship') return null;
    return { name: record.kind === 'doc' ? record.title : record.name, attributes: record.attributes };
  }

  #expand(ids: readonly string[], fanout: number, query: LegQuery, { viewer }: LegContext): Step[] {
    const allows = accessOf(viewer);
    const { edgeTypes } = query.graph;
    const edges = [...this.#held.values()]
      .filter((held) => held.tenantId === viewer.tenantId && held.record !== null)
      .flatMap((held) =>
        edgesOf({
          op: 'upsert',
          tenantId: held.tenantId,
          id: held.id,
          version: held.version,
          seq: 0,
          record: held.record as Projection,
        }),
      )
      .filter((edge) => allows(edge.acl) && (edgeTypes === null || edgeTypes.includes(edge.type)))
      .sort((a, b) => b.weight - a.weight || (a.to < b.to ? -1 : 1));
    return ids.flatMap((id) => {
      const origin = this.#node(viewer.tenantId, id);
      if (origin === null || !allows(origin.attributes.acl)) return [];
      const steps: Step[] = [];
      for (const edge of edges) {
        const target = edge.from === id ? this.#node(viewer.tenantId, edge.to) : null;
        if (target === null || !allows(target.attributes.acl)) continue;
        const { to, type, inverse, weight } = edge;
        steps.push({ from: id, to, type, inverse, weight, kind: target.attributes.kind });
        if (steps.length === fanout) break;
      }
      return steps;
    });
  }

  #timed({ viewer }: LegContext): TimedRecord[] {
    const allows = accessOf(viewer);
    return [...this.#held.values()].flatMap(({ tenantId, id, record }) => {
      if (tenantId !== viewer.tenantId || record?.kind !== 'doc' || !allows(record.attributes.acl)) return [];
      const { attributes, mentions } = record;
      const at = instantOf(attributes.publishedAt, attributes.createdAt);
      return at > this.#now()
        ? []
        : [
            {
              id,
              at,
              attributes,
              keys: timeKeys(
                attributes.topics,
                mentions.map((m) => m.entityId),
              ),
            },
          ];
    });
  }
}
