import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AttributeFilter, RecordAttributes } from '../../ports.ts';
import { AccessColumn } from '../query/access-column.ts';
import { TopOrdinals } from '../top-ordinals.ts';
import { dot } from './dot.ts';
import { CHUNK_ROWS, type NeighbourGraph, type NeighbourGraphs } from './neighbour-graph.ts';

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
/** A graph that was lost is built anew after this. */
const REBUILD_MS = 1_000;
const SCANNED_PER_TURN = 16_384;
/** Neighbours asked of the graph for each that is wanted: without a filter, then with what filters may cost. */
const OVERFETCH = [1.2, 4, 16];

/**
 * Nearest neighbours by cosine over unit vectors of one tenant: by a scan while they are few, by a graph beyond, which lives in
 * another thread and reads the same memory. New vectors are found at once; they enter the graph in the background. Filters are
 * met by over-fetching, then by an exact scan.
 */
export class VectorIndex {
  readonly #dims: number;
  readonly #graphs: NeighbourGraphs;
  #chunks: Float32Array[] = [];
  #ids: string[] = [];
  #attributes: (RecordAttributes | null)[] = [];
  readonly #access = new AccessColumn();
  readonly #ordinals = new Map<string, number>();
  #graph: NeighbourGraph | null = null;
  #rebuilding: NodeJS.Timeout | undefined;
  /** There are vectors that the graph has not been told of. */
  #isUnannounced = false;
  #isClosed = false;

  constructor(dims: number, graphs: NeighbourGraphs) {
    this.#dims = dims;
    this.#graphs = graphs;
  }

  get size(): number {
    return this.#ordinals.size;
  }

  /** How many vectors only the scan finds yet. */
  get unlinked(): number {
    return this.#ids.length > FLAT_MAX ? this.#ids.length - (this.#graph?.linked ?? 0) : 0;
  }

  put(id: string, attributes: RecordAttributes, vector: Float32Array): void {
    this.remove(id);
    const ordinal = this.#ids.length;
    if (ordinal % CHUNK_ROWS === 0) this.#chunks.push(sharedRows(this.#dims));
    (this.#chunks[Math.floor(ordinal / CHUNK_ROWS)] as Float32Array).set(vector, (ordinal % CHUNK_ROWS) * this.#dims);
    this.#ids.push(id);
    this.#attributes.push(attributes);
    this.#access.set(ordinal, attributes.acl);
    this.#ordinals.set(id, ordinal);
    if (this.#isUnannounced) return;
    this.#isUnannounced = true;
    // Many come together: they are announced together.
    queueMicrotask(() => this.#announce());
  }

  remove(id: string): boolean {
    const ordinal = this.#ordinals.get(id);
    if (ordinal === undefined) return false;
    this.#ordinals.delete(id);
    this.#attributes[ordinal] = null;
    this.#access.clear(ordinal);
    this.#graph?.remove(ordinal);
    return true;
  }

  /** Gives the graph back; a query is answered by a scan after that. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#rebuilding);
    this.#graph?.close();
    this.#graph = null;
  }

  async search(
    vector: Float32Array,
    limit: number,
    allows: (acl: readonly string[]) => boolean,
    filter: AttributeFilter,
    signal: AbortSignal,
  ): Promise<VectorResult> {
    const passes = this.#passes(allows, filter);
    this.#announce();
    const graph = this.#graph;
    const size = this.#ids.length;
    if (graph === null || graph.linked < FLAT_MAX) return this.#scan(vector, limit, passes, signal);
    for (const factor of filter.matches === null ? OVERFETCH : OVERFETCH.slice(1)) {
      const { ordinals, similarities } = await graph.search(vector, Math.ceil(limit * factor), size);
      signal.throwIfAborted();
      const best = new TopOrdinals(limit, this.#ids);
      for (let i = 0; i < ordinals.length; i += 1) {
        const similarity = similarities[i] as number;
        if (best.admits(similarity) && passes(ordinals[i] as number)) best.push(ordinals[i] as number, similarity);
      }
      if (best.size >= Math.min(limit, this.size)) return { hits: this.#hits(best), exhaustive: false };
    }
    return this.#scan(vector, limit, passes, signal);
  }

  /** Tells the graph of what there is, from the moment on that a scan would take too long. */
  #announce(): void {
    if (!this.#isUnannounced || this.#rebuilding !== undefined) return;
    this.#isUnannounced = false;
    if (this.#ids.length <= FLAT_MAX || this.#isClosed) return;
    this.#graph ??= this.#open();
    this.#graph.grow(this.#chunks, this.#ids.length);
  }

  /** A graph that knows what has been removed already. */
  #open(): NeighbourGraph {
    const graph = this.#graphs.open(this.#dims, () => this.#onLost());
    for (const [ordinal, attributes] of this.#attributes.entries()) if (attributes === null) graph.remove(ordinal);
    return graph;
  }

  #onLost(): void {
    this.#graph = null;
    this.#rebuilding = setTimeout(() => {
      this.#rebuilding = undefined;
      this.#isUnannounced = true;
      this.#announce();
    }, REBUILD_MS).unref();
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

  /** Compares with everything that may be shown, and lets others work in between. */
  async #scan(
    vector: Float32Array,
    limit: number,
    passes: (ordinal: number) => boolean,
    signal: AbortSignal,
  ): Promise<VectorResult> {
    const best = new TopOrdinals(limit, this.#ids);
    const end = this.#ids.length;
    for (let ordinal = 0; ordinal < end; ordinal += 1) {
      if (ordinal > 0 && ordinal % SCANNED_PER_TURN === 0) {
        await nextTurn();
        signal.throwIfAborted();
      }
      if (!passes(ordinal)) continue;
      const chunk = this.#chunks[Math.floor(ordinal / CHUNK_ROWS)] as Float32Array;
      const similarity = dot(vector, chunk, (ordinal % CHUNK_ROWS) * this.#dims);
      if (best.admits(similarity)) best.push(ordinal, similarity);
    }
    return { hits: this.#hits(best), exhaustive: true };
  }

  #hits(best: TopOrdinals): VectorHit[] {
    const hits: VectorHit[] = [];
    best.sorted((ordinal, raw) => {
      const attributes = this.#attributes[ordinal];
      // Others work in between: what was found may be gone.
      if (raw > 0 && attributes !== null && attributes !== undefined)
        hits.push({ id: this.#ids[ordinal] as string, raw, attributes });
    });
    return hits;
  }
}

/** Rows that another thread can read. */
function sharedRows(dims: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(CHUNK_ROWS * dims * Float32Array.BYTES_PER_ELEMENT));
}
