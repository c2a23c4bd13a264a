import { analyze } from '../analysis/analyzer.ts';

/** A place in a text, in UTF-16 units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A part of a text with the places of query words in it. */
export interface Snippet {
  readonly text: string;
  readonly ranges: readonly Range[];
}

const SNIPPET_CHARACTERS = 240;
const RANGES_MAX = 20;
const MATCHES_MAX = 400;

/** Finds the words of a query in texts; made once for a request. */
export class Highlighter {
  readonly #terms: ReadonlySet<string>;
  readonly #pattern: RegExp | null;

  constructor(terms: Iterable<string>) {
    this.#terms = new Set(terms);
    const prefixes = [...this.#terms]
      .map((term) => escape(term.length > 4 ? term.slice(0, -1) : term))
      .sort((a, b) => b.length - a.length);
    this.#pattern =
      prefixes.length === 0 ? null : new RegExp(`(?<![\\p{L}\\p{N}])(?:${prefixes.join('|')})[\\p{L}\\p{N}]*`, 'giu');
  }

  /** Where query words stand in a text. */
  find(text: string): (Range & { readonly term: string })[] {
    const found: (Range & { term: string })[] = [];
    if (this.#pattern === null) return found;
    for (const match of text.matchAll(this.#pattern)) {
      const term = analyze(match[0], { keepStopWords: true }).find((token) => this.#terms.has(token.term))?.term;
      if (term !== undefined) found.push({ start: match.index, end: match.index + match[0].length, term });
      if (found.length >= MATCHES_MAX) break;
    }
    return found;
  }

  /** The stretch of a text with the most different query words, or its beginning. */
  snippet(text: string): Snippet {
    const found = this.find(text);
    const start = found.length === 0 ? 0 : wordStart(text, Math.max(0, bestStart(found) - 40));
    const end = wordEnd(text, start + SNIPPET_CHARACTERS);
    const ranges = found
      .filter((range) => range.start >= start && range.end <= end)
      .slice(0, RANGES_MAX)
      .map((range) => ({ start: range.start - start, end: range.end - start }));
    return { text: text.slice(start, end), ranges };
  }
}

function bestStart(found: readonly (Range & { readonly term: string })[]): number {
  let best = { start: found[0]?.start ?? 0, score: 0 };
  for (let from = 0; from < found.length; from += 1) {
    const origin = found[from] as Range;
    const terms = new Set<string>();
    let hits = 0;
    for (let to = from; to < found.length; to += 1) {
      const match = found[to] as Range & { readonly term: string };
      if (match.end - origin.start > SNIPPET_CHARACTERS - 60) break;
      terms.add(match.term);
      hits += 1;
    }
    const score = terms.size * 10 + Math.min(hits, 9);
    if (score > best.score) best = { start: origin.start, score };
  }
  return best.start;
}

function wordStart(text: string, at: number): number {
  if (at === 0) return 0;
  const space = text.indexOf(' ', at);
  return space >= 0 && space - at < 40 ? space + 1 : safeCut(text, at);
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const space = text.lastIndexOf(' ', at);
  return space > at - 40 ? space : safeCut(text, at);
}

/** Never between the halves of a surrogate pair. */
function safeCut(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
