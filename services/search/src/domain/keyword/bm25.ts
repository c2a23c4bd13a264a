/** Parameters of the ranking. One set serves every collection. */
export interface Bm25Parameters {
  readonly k1: number;
  readonly b: number;
}

/** Chosen on Cranfield and CISI together; `bench/relevance` prints what they give. */
export const BM25_DEFAULTS: Bm25Parameters = { k1: 2, b: 0.75 };

/** A term in the title counts as this many in the body. Part of what is stored: changing it needs a new generation. */
export const TITLE_WEIGHT = 2;

/** Frequencies are stored in six bits; beyond that BM25 is saturated. */
export const FREQUENCY_MAX = 63;

/** Inverse document frequency, never negative. */
export function idf(documentFrequency: number, documents: number): number {
  return Math.log(1 + (documents - documentFrequency + 0.5) / (documentFrequency + 0.5));
}

/** The share of one term in the score: saturating in its frequency, dampened by the document's length. */
export function termScore(
  weight: number,
  frequency: number,
  length: number,
  averageLength: number,
  { k1, b }: Bm25Parameters,
): number {
  return (weight * frequency * (k1 + 1)) / (frequency + k1 * (1 - b + (b * length) / Math.max(averageLength, 1)));
}
