import { analyze } from '../analysis/analyzer.ts';
import { FREQUENCY_MAX, TITLE_WEIGHT } from './bm25.ts';

/** A text as the keyword leg keeps it: distinct terms with their weighted frequencies. */
export interface TermVector {
  readonly terms: readonly string[];
  /** 1 to {@link FREQUENCY_MAX} for each term. */
  readonly frequencies: Uint8Array;
  /** Weighted number of words. */
  readonly length: number;
}

const LENGTH_MAX = 1_000_000;

/** Analyzes a record for the keyword leg. */
export function termVectorOf(title: string, body: string): TermVector {
  const counts = new Map<string, number>();
  let length = 0;
  for (const { term } of analyze(title)) {
    counts.set(term, (counts.get(term) ?? 0) + TITLE_WEIGHT);
    length += TITLE_WEIGHT;
  }
  for (const { term } of analyze(body)) {
    counts.set(term, (counts.get(term) ?? 0) + 1);
    length += 1;
  }
  const frequencies = new Uint8Array(counts.size);
  let at = 0;
  for (const count of counts.values()) frequencies[at++] = Math.min(count, FREQUENCY_MAX);
  return { terms: [...counts.keys()], frequencies, length: Math.min(length, LENGTH_MAX) };
}
