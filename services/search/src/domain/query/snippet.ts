import { analyze, termOf } from '../analysis/analyzer.ts';

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
const BEYOND_ASCII = /[^\0-\x7f]/;
const ASCII_TERM = /^[a-z0-9]+$/;

/** A word of the query in a text. */
interface Match extends Range {
  /** Number of the term in the query. */
  readonly term: number;
}

/** Finds the words of a query in texts; made once for a request. */
export class Highlighter {
  readonly #terms: ReadonlyMap<string, number>;
  /** Made for the first text that has other letters than ASCII. */
  #beginnings: Uint8Array | null = null;
  readonly #candidates: RegExp | null;

  constructor(terms: Iterable<string>) {
    this.#terms = new Map([...terms].map((term, i) => [term, i]));
    this.#candidates = candidatesOf(this.#terms.keys());
  }

  /** Where query words stand in a text. */
  find(text: string): Match[] {
    const found: Match[] = [];
    if (this.#terms.size === 0) return found;
    if (!BEYOND_ASCII.test(text)) {
      this.#findAscii(text, found);
      return found;
    }
    let at = 0;
    while (at < text.length && found.length < MATCHES_MAX) {
      const code = text.charCodeAt(at);
      if (!isWordCode(code)) {
        at += 1;
        continue;
      }
      const start = at;
      let isAscii = code < 128;
      at += 1;
      for (; at < text.length; at += 1) {
        const next = text.charCodeAt(at);
        if (!isWordCode(next)) break;
        if (next >= 128) isAscii = false;
      }
      if (!isAscii) this.#findIn(text.slice(start, at), start, found);
      else if (this.#mayBegin(text, start, at)) {
        const term = this.#terms.get(termOf(text.slice(start, at).toLowerCase()));
        if (term !== undefined) found.push({ start, end: at, term });
      }
    }
    return found;
  }

  /** Where there is nothing but ASCII, an expression finds the words that may be meant. */
  #findAscii(text: string, found: Match[]): void {
    const candidates = this.#candidates;
    if (candidates === null) return;
    candidates.lastIndex = 0;
    while (found.length < MATCHES_MAX && candidates.test(text)) {
      const end = candidates.lastIndex;
      let start = end - 1;
      while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start -= 1;
      const term = this.#terms.get(termOf(text.slice(start, end).toLowerCase()));
      if (term !== undefined) found.push({ start, end, term });
    }
  }

  /** A stretch with other letters than ASCII is taken apart by the analyzer. */
  #findIn(stretch: string, offset: number, found: Match[]): void {
    for (const { term, start, end } of analyze(stretch, { keepStopWords: true })) {
      const number = this.#terms.get(term);
      if (number !== undefined) found.push({ start: offset + start, end: offset + end, term: number });
    }
  }

  #mayBegin(text: string, start: number, end: number): boolean {
    const second = end - start > 1 ? text.charCodeAt(start + 1) : 0;
    const third = end - start > 2 ? text.charCodeAt(start + 2) : 0;
    this.#beginnings ??= beginningsOf(this.#terms.keys());
    return this.#beginnings[beginningOf(text.charCodeAt(start), second, third)] === 1;
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

function bestStart(found: readonly Match[]): number {
  const counts = new Map<number, number>();
  let best = { start: found[0]?.start ?? 0, score: 0 };
  let to = 0;
  for (const [from, origin] of found.entries()) {
    for (; to < found.length; to += 1) {
      const match = found[to] as Match;
      if (match.end - origin.start > SNIPPET_CHARACTERS - 60) break;
      counts.set(match.term, (counts.get(match.term) ?? 0) + 1);
    }
    const score = counts.size * 10 + Math.min(to - from, 9);
    if (score > best.score) best = { start: origin.start, score };
    if (to === from) to += 1;
    else if (counts.get(origin.term) === 1) counts.delete(origin.term);
    else counts.set(origin.term, (counts.get(origin.term) ?? 0) - 1);
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

/** Digits and letters; everything beyond ASCII is left to the analyzer. */
function isWordCode(code: number): boolean {
  if (code >= 128) return true;
  const lower = code | 32;
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57);
}

/** Words of ASCII that begin as one of the terms may; null when there is no such term. A stem keeps letters as {@link beginningsOf} says. */
function candidatesOf(terms: Iterable<string>): RegExp | null {
  const beginnings = new Set<string>();
  for (const term of terms) {
    if (!ASCII_TERM.test(term)) continue;
    beginnings.add(term.slice(0, term.length > 3 ? 3 : term.length > 2 ? 2 : 1));
  }
  if (beginnings.size === 0) return null;
  const parts = [...beginnings].map((beginning) =>
    [...beginning].map((letter) => (letter >= 'a' ? `[${letter}${letter.toUpperCase()}]` : letter)).join(''),
  );
  return new RegExp(`(?<![A-Za-z0-9])(?:${parts.join('|')})[A-Za-z0-9]*`, 'g');
}

/** Five bits of each of the first three letters: a filter that lets some strangers through, but holds back no term. */
function beginningOf(first: number, second: number, third: number): number {
  return ((first & 31) << 10) | ((second & 31) << 5) | (third & 31);
}

/** A stem keeps the first letter of its word; from three letters on the second, too, and from four on the third. */
function beginningsOf(terms: Iterable<string>): Uint8Array {
  const beginnings = new Uint8Array(1 << 15);
  for (const term of terms) {
    const first = term.charCodeAt(0);
    if (term.length > 3) beginnings[beginningOf(first, term.charCodeAt(1), term.charCodeAt(2))] = 1;
    else if (term.length > 2)
      beginnings.fill(1, beginningOf(first, term.charCodeAt(1), 0), beginningOf(first, term.charCodeAt(1), 31) + 1);
    else beginnings.fill(1, beginningOf(first, 0, 0), beginningOf(first, 31, 31) + 1);
  }
  return beginnings;
}
