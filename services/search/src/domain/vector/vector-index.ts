import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { Index, MetricKind, ScalarKind } from 'usearch';
import type { AttributeFilter, RecordAttributes } from '../../ports.ts';
import { AccessColumn } from '../query/access-column.ts';
import { TopOrdinals } from '../top-ordinals.ts';
import { LinkPace, STAND_BACK_MS } from './link-pace.ts';

/** One neighbour. */
export interface VectorHit {
  readonly id: string;
  /** Cosine similarity. */
  readonly raw: number;
  readonly attributes: RecordAttributes;
}

/** What a vector query found. */
export interface VectorResult {
  readonly hits: readonly VectorHit[];
  /** Every allowed vector was compared. */
  readonly exhaustive: boolean;
}

/** Below this many vectors a scan is as fast as a graph and exact. */
export const FLAT_MAX = 4_000;
const CHUNK = 4_096;
const LINKS_PER_TURN = 24;
/** Links of a turn while there is other work: a few, since every query pays for the vectors that are left to be scanned. */
const LINKS_PER_TURN_BUSY = 12;
/** Vectors outside the graph that a query may have to scan: until then linking gives way to other work. */
const TAIL_MAX = 16_384;
/** Neighbours asked of the graph for each that is wanted: without a filter, then with what filters may cost. */
const OVERFETCH = [1.2, 4, 16];

/**
 * Nearest neighbours by cosine over unit vectors of one tenant. New vectors are found at once by a scan of the tail;
 * they enter the HNSW graph in the background, faster when the thread has little else to do or the tail is long. The graph holds
 * vectors in 8 bits and only proposes; the vectors themselves decide. Filters are met by over-fetching, then by an exact scan.
 */
export class VectorIndex {
  readonly #dims: number;
  #chunks: Float32Array[] = [];
  #ids: string[] = [];
  #attributes: (RecordAttributes | null)[] = [];
  readonly #access = new AccessColumn();
  readonly #ordinals = new Map<string, number>();
  #graph: Index | null = null;
  #linked = 0;
  #linking = false;

  constructor(dims: number) {
    this.#dims = dims;
  }

  get size(): number {
    return this.#ordinals.size;
  }

  /** How many vectors only the scan finds yet. */
  get unlinked(): number {
    return this.#graph === null ? 0 : this.#ids.length - this.#linked;
  }

  put(id: string, attributes: RecordAttributes, vector: Float32Array): void {
    this.remove(id);
    const ordinal = this.#ids.length;
    if (ordinal % CHUNK === 0) this.#chunks.push(new Float32Array(CHUNK * this.#dims));
    (this.#chunks[Math.floor(ordinal / CHUNK)] as Float32Array).set(vector, (ordinal % CHUNK) * this.#dims);
    this.#ids.push(id);
    this.#attributes.push(attributes);
    this.#access.set(ordinal, attributes.acl);
    this.#ordinals.set(id, ordinal);
    if (this.#ids.length > FLAT_MAX && !this.#linking) void this.#link();
  }

  remove(id: string): boolean {
    const ordinal = this.#ordinals.get(id);
    if (ordinal === undefined) return false;
    this.#ordinals.delete(id);
    this.#attributes[ordinal] = null;
    this.#access.clear(ordinal);
    if (this.#graph !== null && ordinal < this.#linked) this.#graph.remove(BigInt(ordinal));
    return true;
  }

  async search(
    vector: Float32Array,
    limit: number,
    allows: (acl: readonly string[]) => boolean,
    filter: AttributeFilter,
    signal: AbortSignal,
  ): Promise<VectorResult> {
    const passes = this.#passes(allows, filter);
    const graph = this.#graph;
    if (graph === null || this.#linked < FLAT_MAX)
      return { hits: await this.#scan(vector, 0, limit, passes, signal), exhaustive: true };
    for (const factor of filter.matches === null ? OVERFETCH : OVERFETCH.slice(1)) {
      const best = new TopOrdinals(limit, this.#ids);
      const ordinals = neighbours(graph, vector, Math.min(this.#linked, Math.max(64, Math.ceil(limit * factor))));
      for (let i = 0; i < ordinals.length; i += 2) {
        const ordinal = ordinals[i] as number;
        if (!passes(ordinal)) continue;
        const similarity = this.#similarity(vector, ordinal);
        if (best.admits(similarity)) best.push(ordinal, similarity);
      }
      if (best.size >= Math.min(limit, this.size)) {
        await this.#scanInto(best, vector, this.#linked, passes, signal);
        return { hits: this.#hits(best), exhaustive: false };
      }
      signal.throwIfAborted();
    }
    return { hits: await this.#scan(vector, 0, limit, passes, signal), exhaustive: true };
  }

  /** Whether a vector may be shown and fits. */
  #passes(allows: (acl: readonly string[]) => boolean, { matches }: AttributeFilter): (ordinal: number) => boolean {
    const granted = this.#access.grants(allows);
    if (matches === null) return granted;
    return (ordinal) => {
      const attributes = this.#attributes[ordinal];
      if (attributes === null || attributes === undefined || !granted(ordinal)) return false;
      return matches(this.#ids[ordinal] as string, attributes);
    };
  }

  async #scan(
    vector: Float32Array,
    from: number,
    limit: number,
    passes: (ordinal: number) => boolean,
    signal: AbortSignal,
  ): Promise<VectorHit[]> {
    const best = new TopOrdinals(limit, this.#ids);
    await this.#scanInto(best, vector, from, passes, signal);
    return this.#hits(best);
  }

  async #scanInto(
    best: TopOrdinals,
    vector: Float32Array,
    from: number,
    passes: (ordinal: number) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const end = this.#ids.length;
    for (let ordinal = from; ordinal < end; ordinal += 1) {
      if (ordinal > from && (ordinal - from) % (CHUNK * 4) === 0) {
        await nextTurn();
        signal.throwIfAborted();
      }
      if (!passes(ordinal)) continue;
      const similarity = this.#similarity(vector, ordinal);
      if (best.admits(similarity)) best.push(ordinal, similarity);
    }
  }

  #hits(best: TopOrdinals): VectorHit[] {
    const hits: VectorHit[] = [];
    best.sorted((ordinal, raw) => {
      const attributes = this.#attributes[ordinal];
      // A scan lets others work in between: what it found may be gone.
      if (raw > 0 && attributes !== null && attributes !== undefined)
        hits.push({ id: this.#ids[ordinal] as string, raw, attributes });
    });
    return hits;
  }

  #similarity(vector: Float32Array, ordinal: number): number {
    const chunk = this.#chunks[Math.floor(ordinal / CHUNK)] as Float32Array;
    return dot(vector, chunk, (ordinal % CHUNK) * this.#dims);
  }

  /** Enters vectors into the graph a few at a time, so that other work runs in between. */
  async #link(): Promise<void> {
    this.#linking = true;
    this.#graph ??= new Index({
      dimensions: this.#dims,
      metric: MetricKind.Cos,
      quantization: ScalarKind.I8,
      connectivity: 16,
      expansion_add: 64,
      expansion_search: 96,
      multi: false,
    });
    const graph = this.#graph;
    const pace = new LinkPace();
    while (this.#linked < this.#ids.length) {
      const givesWay = this.unlinked <= TAIL_MAX && pace.isBusy;
      pace.run(() => this.#linkSome(graph, givesWay ? LINKS_PER_TURN_BUSY : LINKS_PER_TURN));
      await (givesWay ? delay(STAND_BACK_MS, undefined, { ref: false }) : nextTurn());
    }
    this.#linking = false;
  }

  #linkSome(graph: Index, count: number): void {
    const until = Math.min(this.#linked + count, this.#ids.length);
    for (; this.#linked < until; this.#linked += 1) {
      if (this.#attributes[this.#linked] === null) continue;
      const chunk = this.#chunks[Math.floor(this.#linked / CHUNK)] as Float32Array;
      const base = (this.#linked % CHUNK) * this.#dims;
      graph.add(BigInt(this.#linked), chunk.subarray(base, base + this.#dims), 1);
    }
  }
}

/**
 * What the graph proposes: an ordinal in every other place. Keys are numbers of 64 bits, little endian, of which the lower
 * halves say everything; taken whole, each would be an object.
 */
function neighbours(graph: Index, vector: Float32Array, count: number): Uint32Array {
  const { keys } = graph.search(vector, count, 1);
  return new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
}

/** The dot product with a row of a chunk, in four sums that do not wait for each other. */
function dot(vector: Float32Array, rows: Float32Array, base: number): number {
  const dims = vector.length;
  const whole = dims - (dims % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    const at = base + i;
    a += (vector[i] as number) * (rows[at] as number);
    b += (vector[i + 1] as number) * (rows[at + 1] as number);
    c += (vector[i + 2] as number) * (rows[at + 2] as number);
    d += (vector[i + 3] as number) * (rows[at + 3] as number);
  }
  for (let i = whole; i < dims; i += 1) a += (vector[i] as number) * (rows[base + i] as number);
  return a + b + (c + d);
}
