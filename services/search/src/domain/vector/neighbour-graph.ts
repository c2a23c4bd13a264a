/** Rows of a chunk of vectors. */
export const CHUNK_ROWS = 4_096;

/** What a graph proposes: the vectors nearest to a query, in no order, and how near they are (cosine of unit vectors). */
export interface Proposals {
  readonly ordinals: Uint32Array;
  readonly similarities: Float32Array;
}

/**
 * A graph over the vectors of one index, which are rows of shared memory, by their ordinals. Whoever owns it never changes a row
 * that it has announced by {@link grow}.
 */
export interface NeighbourGraph {
  /** How many of the first vectors are in the graph; it follows behind what was announced. */
  readonly linked: number;
  /** Rows up to `size` hold vectors; `chunks` are all chunks that there are, {@link CHUNK_ROWS} rows each. */
  grow(chunks: readonly Float32Array[], size: number): void;
  /** A vector is not to be proposed any more. */
  remove(ordinal: number): void;
  /**
   * About `count` of the nearest among the linked ones, and those of the others, up to `size`, that are as near as any of them.
   * Rejects when the graph is lost.
   */
  search(vector: Float32Array, count: number, size: number): Promise<Proposals>;
  /** Gives the memory back. */
  close(): void;
}

/** Makes graphs. `onLost` is told when one is gone with everything in it; it rejects every search then. */
export interface NeighbourGraphs {
  open(dims: number, onLost: () => void): NeighbourGraph;
}
