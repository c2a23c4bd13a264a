import { Index, MetricKind, ScalarKind } from 'usearch';
import { dot } from '../../domain/vector/dot.ts';
import { CHUNK_ROWS, type Proposals } from '../../domain/vector/neighbour-graph.ts';

const NEIGHBOURS_MIN = 64;

/**
 * An HNSW graph (Malkov and Yashunin, 2016; usearch) over rows of shared memory. It holds vectors in 8 bits and only proposes; the
 * rows say how near they are. Entering vectors takes long and is done a few at a time by {@link link}.
 */
export class HnswGraph {
  readonly #dims: number;
  readonly #chunks: Float32Array[] = [];
  readonly #index: Index;
  /** Vectors that were removed before they were linked. */
  readonly #removed = new Set<number>();
  #size = 0;
  #linked = 0;

  constructor(dims: number) {
    this.#dims = dims;
    this.#index = new Index({
      dimensions: dims,
      metric: MetricKind.IP,
      quantization: ScalarKind.I8,
      connectivity: 16,
      expansion_add: 40,
      expansion_search: 144,
      multi: false,
    });
  }

  get linked(): number {
    return this.#linked;
  }

  get isComplete(): boolean {
    return this.#linked >= this.#size;
  }

  addChunk(rows: Float32Array): void {
    this.#chunks.push(rows);
  }

  grow(size: number): void {
    this.#size = size;
  }

  remove(ordinal: number): void {
    if (ordinal < this.#linked) this.#index.remove(BigInt(ordinal));
    else this.#removed.add(ordinal);
  }

  /** Enters at most `count` vectors more. */
  link(count: number): void {
    const until = Math.min(this.#linked + count, this.#size);
    for (; this.#linked < until; this.#linked += 1) {
      const ordinal = this.#linked;
      if (this.#removed.delete(ordinal)) continue;
      const base = (ordinal % CHUNK_ROWS) * this.#dims;
      this.#index.add(BigInt(ordinal), this.#rowsOf(ordinal).subarray(base, base + this.#dims), 1);
    }
  }

  search(vector: Float32Array, count: number, size: number): Proposals {
    const ordinals: number[] = [];
    const similarities: number[] = [];
    let lowest = Number.POSITIVE_INFINITY;
    const wanted = Math.min(this.#linked, Math.max(NEIGHBOURS_MIN, count));
    const near = this.#neighbours(vector, wanted);
    for (let i = 0; i < near.length; i += 2) {
      const ordinal = near[i] as number;
      const similarity = this.#similarity(vector, ordinal);
      ordinals.push(ordinal);
      similarities.push(similarity);
      lowest = Math.min(lowest, similarity);
    }
    if (ordinals.length < wanted) lowest = Number.NEGATIVE_INFINITY;
    for (let ordinal = this.#linked; ordinal < size; ordinal += 1) {
      const similarity = this.#similarity(vector, ordinal);
      if (similarity < lowest) continue;
      ordinals.push(ordinal);
      similarities.push(similarity);
    }
    return { ordinals: Uint32Array.from(ordinals), similarities: Float32Array.from(similarities) };
  }

  /**
   * An ordinal in every other place. Keys are numbers of 64 bits, little endian, of which the lower halves say everything; taken
   * whole, each would be an object.
   */
  #neighbours(vector: Float32Array, count: number): Uint32Array {
    if (count === 0) return new Uint32Array(0);
    const { keys } = this.#index.search(vector, count, 1);
    return new Uint32Array(keys.buffer, keys.byteOffset, keys.length * 2);
  }

  #similarity(vector: Float32Array, ordinal: number): number {
    return dot(vector, this.#rowsOf(ordinal), (ordinal % CHUNK_ROWS) * this.#dims);
  }

  #rowsOf(ordinal: number): Float32Array {
    const rows = this.#chunks[Math.floor(ordinal / CHUNK_ROWS)];
    if (rows === undefined) throw new RangeError(`there is no vector ${ordinal}`);
    return rows;
  }
}
