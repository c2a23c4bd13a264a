/** Parameters of the ranking. One set serves every collection. */
export interface Bm25Parameters {
  readonly k1: number;
  readonly b: number;
  /** A term in the title counts as this many in the body. */
  readonly titleWeight: number;
  /** Weight of the share of a query's adjacent word pairs that a document holds, relative to its BM25 score. */
  readonly proximityWeight: number;
}

/** Chosen on Cranfield and CISI together; `bench/relevance` prints what they give. */
export const BM25_DEFAULTS: Bm25Parameters = { k1: 1.5, b: 0.75, titleWeight: 1, proximityWeight: 0 };

/** Inverse document frequency, never negative. */
export function idf(documentFrequency: number, documents: number): number {
  return Math.log(1 + (documents - documentFrequency + 0.5) / (documentFrequency + 0.5));
}

/** The share of one term: saturating in its frequency, dampened by the document's length. */
export function termScore(weight: number, frequency: number, norm: number, k1: number): number {
  return (weight * frequency * (k1 + 1)) / (frequency + norm);
}

/** The length part of {@link termScore}. */
export function lengthNorm(length: number, averageLength: number, parameters: Bm25Parameters): number {
  return parameters.k1 * (1 - parameters.b + (parameters.b * length) / Math.max(averageLength, 1));
}
