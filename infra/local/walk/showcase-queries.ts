import type { SubmitContent } from '@peermesh/contracts/ingest';

const QUERIES_MAX = 3;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}'-]{3,}/gu;
const COMMON = new Set(
  'about after also because been before between both could does each every first from have here into just like more most much must need never only other over same should some such than that their them then there these they this those through under until used using very what when where which while will with without would your'.split(
    ' ',
  ),
);

/** Searches that this corpus can answer: its most telling pairs of words, each from another document. */
export function showcaseQueries(items: readonly SubmitContent[]): string[] {
  const texts = items.map(({ title, body }) => `${title ?? ''} ${typeof body === 'string' ? body : ''}`);
  const words = texts.map((text) => countWords(text));
  const documentCount = new Map<string, number>();
  for (const counts of words)
    for (const word of counts.keys()) documentCount.set(word, (documentCount.get(word) ?? 0) + 1);
  const queries: string[] = [];
  const step = Math.max(1, Math.floor(items.length / QUERIES_MAX));
  for (let index = 0; index < items.length && queries.length < QUERIES_MAX; index += step) {
    const query = tellingWords(words[index] ?? new Map(), documentCount, items.length);
    if (query !== '' && !queries.includes(query)) queries.push(query);
  }
  return queries;
}

function countWords(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [match] of text.toLowerCase().matchAll(WORD)) {
    if (!COMMON.has(match)) counts.set(match, (counts.get(match) ?? 0) + 1);
  }
  return counts;
}

/** The two words with the greatest tf-idf that at least one more document has, where there are such. */
function tellingWords(
  counts: ReadonlyMap<string, number>,
  documentCount: ReadonlyMap<string, number>,
  total: number,
): string {
  const weigh = ([word, count]: [string, number]): number => {
    const documents = documentCount.get(word) ?? 1;
    return (1 + Math.log(count)) * Math.log(1 + total / documents) * (documents === 1 && total > 1 ? 0.5 : 1);
  };
  return [...counts]
    .toSorted((a, b) => weigh(b) - weigh(a) || a[0].localeCompare(b[0]))
    .slice(0, 2)
    .map(([word]) => word)
    .join(' ');
}
