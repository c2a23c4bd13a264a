import type { LegQuery, LegResult, RecordAttributes, Viewer } from '../../ports.ts';
import { AttributePool, accessOf } from '../query/access.ts';
import type { NeighbourGraphs } from './neighbour-graph.ts';
import { VectorIndex } from './vector-index.ts';

/** The vectors of all tenants in one space, in memory: the memory backend, and what answers for the PostgreSQL one. */
export class VectorStore {
  readonly space: string;
  readonly #dims: number;
  readonly #graphs: NeighbourGraphs;
  readonly #indexes = new Map<string, VectorIndex>();
  readonly #pool = new AttributePool();

  constructor(space: string, graphs: NeighbourGraphs) {
    this.space = space;
    this.#graphs = graphs;
    this.#dims = dimsOf(space);
  }

  get size(): number {
    let size = 0;
    for (const index of this.#indexes.values()) size += index.size;
    return size;
  }

  put(tenantId: string, id: string, attributes: RecordAttributes, vector: Float32Array): void {
    if (vector.length !== this.#dims)
      throw new RangeError(`space ${this.space} has ${this.#dims} dims, not ${vector.length}`);
    let index = this.#indexes.get(tenantId);
    if (index === undefined) {
      index = new VectorIndex(this.#dims, this.#graphs);
      this.#indexes.set(tenantId, index);
    }
    index.put(id, this.#pool.intern(attributes), vector);
  }

  remove(tenantId: string, id: string): void {
    this.#indexes.get(tenantId)?.remove(id);
  }

  close(): void {
    for (const index of this.#indexes.values()) index.close();
  }

  async query(query: LegQuery, viewer: Viewer, watermark: number, signal: AbortSignal): Promise<LegResult> {
    const index = this.#indexes.get(viewer.tenantId);
    const none: LegResult = { hits: [], exhaustive: true, partial: false, watermark, total: 0, facets: new Map() };
    if (index === undefined || query.vector === null || !query.kinds.includes('doc')) return none;
    if (query.vector.space !== this.space)
      throw new RangeError(`a vector of ${query.vector.space} was asked of ${this.space}`);
    const found = await index.search(query.vector.vector, query.limit, accessOf(viewer), query.filter, signal);
    const { scoreMin } = query;
    const hits = scoreMin === null ? found.hits : found.hits.filter((hit) => hit.raw >= scoreMin);
    return { ...none, hits, exhaustive: found.exhaustive, total: hits.length };
  }
}

/** The dimensions that a space id names: `model@revision/dims`. */
export function dimsOf(space: string): number {
  const dims = Number(/\/(\d+)$/.exec(space)?.[1]);
  if (!Number.isInteger(dims) || dims < 1) throw new RangeError(`not a space id: ${space}`);
  return dims;
}

/** A copy of length 1; null when the vector has no direction or the wrong length. */
export function unitVector(vector: ArrayLike<number>, dims: number): Float32Array | null {
  if (vector.length !== dims) return null;
  const unit = Float32Array.from(vector);
  let sum = 0;
  for (const value of unit) sum += value * value;
  const norm = Math.sqrt(sum);
  if (!Number.isFinite(norm) || norm === 0) return null;
  for (let d = 0; d < dims; d += 1) unit[d] = (unit[d] as number) / norm;
  return unit;
}
