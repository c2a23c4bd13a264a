import { eachAsciiWord, isAscii } from '@peermesh/embedding';
import { stemmer } from 'stemmer';
import { STOP_WORDS } from './stop-words.ts';

/** One term of a text with its place. Offsets are UTF-16 offsets into the text that was analyzed. */
export interface Token {
  readonly term: string;
  /** Counts all words, stop words included, so that phrases keep their gaps. */
  readonly position: number;
  readonly start: number;
  readonly end: number;
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)?/gu;
const UNSEGMENTED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const ASCII_WORD = /^[a-z]+$/;
const MARKS = /\p{M}+/gu;
const TERM_CHARACTERS_MAX = 64;
const CACHE_MAX = 100_000;

const cache = new Map<string, string>();

/**
 * The terms of a text in reading order: NFKC, lower case, without diacritics, stop words dropped, English words stemmed
 * (Porter). Scripts written without spaces yield overlapping pairs of characters.
 */
export function analyze(text: string, options: { readonly keepStopWords?: boolean } = {}): Token[] {
  return isAscii(text)
    ? analyzeAscii(text, options.keepStopWords === true)
    : analyzeUnicode(text, options.keepStopWords === true);
}

function analyzeAscii(text: string, keepsStopWords: boolean): Token[] {
  const tokens: Token[] = [];
  const lower = text.toLowerCase();
  let position = 0;
  eachAsciiWord(lower, (start, end) => {
    position += 1;
    const word = lower.slice(start, end);
    if (isKept(word, keepsStopWords)) tokens.push({ term: termOf(word), position, start, end });
  });
  return tokens;
}

function isKept(word: string, keepsStopWords: boolean): boolean {
  return word.length > 0 && word.length <= TERM_CHARACTERS_MAX && (keepsStopWords || !STOP_WORDS.has(word));
}

function analyzeUnicode(text: string, keepsStopWords: boolean): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (const match of text.matchAll(WORD)) {
    const raw = match[0];
    const start = match.index;
    const word = foldCase(raw);
    if (!isAscii(word) && UNSEGMENTED.test(word)) {
      position = pushPairs(tokens, word, position, start, raw.length);
      continue;
    }
    position += 1;
    if (isKept(word, keepsStopWords)) tokens.push({ term: termOf(word), position, start, end: start + raw.length });
  }
  return tokens;
}

/** A name as it is compared: case, width, diacritics, punctuation and spacing do not count. */
export function normalizeName(name: string): string {
  const folded = foldCase(name);
  if (!isAscii(folded)) return [...folded.matchAll(WORD)].map((match) => match[0].replace(/['’]s?$/, '')).join(' ');
  const words: string[] = [];
  eachAsciiWord(folded, (start, end) => words.push(withoutGenitive(folded.slice(start, end))));
  return words.join(' ');
}

function withoutGenitive(word: string): string {
  return word.endsWith("'s") ? word.slice(0, -2) : word;
}

function foldCase(word: string): string {
  const folded = isAscii(word) ? word : word.normalize('NFKC').normalize('NFD').replace(MARKS, '').normalize('NFC');
  return folded.toLowerCase();
}

/** The term of a single word in lower case without diacritics. */
export function termOf(word: string): string {
  const known = cache.get(word);
  if (known !== undefined) return known;
  const bare = word.replace(/['’].*$/, '');
  const term = ASCII_WORD.test(bare) && bare.length > 2 ? stemmer(bare) : bare;
  if (cache.size >= CACHE_MAX) cache.clear();
  cache.set(word, term);
  return term;
}

function pushPairs(tokens: Token[], word: string, position: number, start: number, length: number): number {
  const characters = [...word];
  if (characters.length === 1) tokens.push({ term: word, position: position + 1, start, end: start + length });
  for (let i = 0; i + 1 < characters.length; i += 1) {
    const from = Math.min(start + i, start + length);
    tokens.push({
      term: `${characters[i]}${characters[i + 1]}`,
      position: position + i + 1,
      start: from,
      end: Math.min(from + 2, start + length),
    });
  }
  return position + characters.length;
}
