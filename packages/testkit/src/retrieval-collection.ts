import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A test collection: documents, questions, and which answers are how good. */
export interface RetrievalCollection {
  readonly name: string;
  readonly documents: readonly { readonly id: string; readonly title: string; readonly text: string }[];
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  readonly gains: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Reads a collection; only queries that have judgements are kept. */
export function readCollection(folder: string, name: string): RetrievalCollection {
  const lines = (file: string): string[] =>
    readFileSync(join(folder, name, file), 'utf8')
      .trim()
      .split('\n');
  const gains = new Map<string, Map<string, number>>();
  for (const line of lines('qrels.tsv')) {
    const [query = '', document = '', gain = ''] = line.split('\t');
    if (!/^\d+$/.test(gain)) continue;
    const known = gains.get(query) ?? new Map<string, number>();
    gains.set(query, known.set(document, Number(gain)));
  }
  const queries = lines('queries.jsonl').map((line) => JSON.parse(line) as { id: string; text: string });
  return {
    name,
    documents: lines('docs.jsonl').map((line) => JSON.parse(line) as { id: string; title: string; text: string }),
    queries: queries.filter(({ id }) => gains.has(id)),
    gains,
  };
}

/** nDCG at a depth with gains as given and log2 discount. */
export function ndcgAt(depth: number, ranked: readonly string[], gains: ReadonlyMap<string, number>): number {
  const discounted = (values: readonly number[]): number =>
    values.slice(0, depth).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const ideal = discounted([...gains.values()].sort((a, b) => b - a));
  return ideal === 0 ? 0 : discounted(ranked.map((id) => gains.get(id) ?? 0)) / ideal;
}
