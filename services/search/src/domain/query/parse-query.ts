import { analyze, normalizeName } from '../analysis/analyzer.ts';

/** A query in its parts. */
export interface ParsedQuery {
  /** The query without operators: for embedding and names. */
  readonly plain: string;
  /** Terms to score, with how often each was named. */
  readonly terms: ReadonlyMap<string, number>;
  /** Sequences that must occur; each term with its distance from the first. */
  readonly phrases: readonly (readonly { readonly term: string; readonly offset: number }[])[];
  /** Terms that must not occur. */
  readonly excluded: ReadonlySet<string>;
}

const PART = /(-)?"([^"]*)"|(\S+)/g;
const TERMS_MAX = 64;

/** Reads words, `"phrases"` and `-exclusions`. Never fails: what is no operator is text. */
export function parseQuery(text: string): ParsedQuery {
  const words: string[] = [];
  const phrases: { term: string; offset: number }[][] = [];
  const excluded = new Set<string>();
  for (const [, minus, quoted, word] of text.matchAll(PART)) {
    if (quoted !== undefined) {
      if (minus !== undefined) exclude(quoted, excluded);
      else {
        words.push(quoted);
        const phrase = phraseOf(quoted);
        if (phrase.length > 1) phrases.push(phrase);
      }
    } else if (word !== undefined && /^-[\p{L}\p{N}]/u.test(word)) exclude(word.slice(1), excluded);
    else if (word !== undefined) words.push(word);
  }
  const plain = words.join(' ').trim();
  return { plain, terms: scoredTerms(plain, excluded), phrases, excluded };
}

/** Runs of up to five words, normalized: what may be the name of an entity. Longest first. */
export function nameCandidates(text: string, wordsMax = 5, max = 120): string[] {
  const words = normalizeName(text)
    .split(' ')
    .filter((word) => word !== '');
  const names = new Set<string>();
  if (words.length > 0 && words.length <= 12) names.add(words.join(' '));
  for (let size = Math.min(wordsMax, words.length); size >= 1; size -= 1) {
    for (let at = 0; at + size <= words.length && names.size < max; at += 1) {
      const name = words.slice(at, at + size).join(' ');
      if (name.length > 1) names.add(name);
    }
  }
  return [...names];
}

function scoredTerms(text: string, excluded: ReadonlySet<string>): Map<string, number> {
  let tokens = analyze(text);
  if (tokens.length === 0) tokens = analyze(text, { keepStopWords: true });
  const terms = new Map<string, number>();
  for (const { term } of tokens) {
    if (excluded.has(term)) continue;
    if (terms.size < TERMS_MAX || terms.has(term)) terms.set(term, (terms.get(term) ?? 0) + 1);
  }
  return terms;
}

function exclude(text: string, excluded: Set<string>): void {
  for (const { term } of analyze(text)) excluded.add(term);
}

function phraseOf(text: string): { term: string; offset: number }[] {
  const tokens = analyze(text);
  const first = tokens[0];
  return first === undefined ? [] : tokens.map(({ term, position }) => ({ term, offset: position - first.position }));
}
