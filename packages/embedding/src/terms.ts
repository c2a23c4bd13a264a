import { stemmer } from 'stemmer';
import { eachAsciiWord, isAscii } from './ascii-words.ts';

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu;
const UNSEGMENTED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const ASCII_WORD = /^[a-z]+$/;
const STEM_CACHE_MAX = 50_000;

const STOP_WORDS = new Set(
  (
    'a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its ' +
    'may more most no not of on one or our out she should so some such than that the their them then there these they ' +
    'this to up was we were what when where which who will with would you your'
  ).split(' '),
);

const stems = new Map<string, string>();

/**
 * The terms of a text in reading order: lower-cased, stop words dropped, English words stemmed (Porter). Scripts that
 * are written without spaces yield overlapping pairs of characters.
 */
export function embeddingTerms(text: string): string[] {
  const terms: string[] = [];
  if (isAscii(text)) {
    const lower = text.toLowerCase();
    eachAsciiWord(lower, (start, end) => pushWord(terms, lower.slice(start, end)));
    return terms;
  }
  for (const [word] of text.normalize('NFKC').toLowerCase().matchAll(WORD)) {
    if (UNSEGMENTED.test(word)) terms.push(...characterPairs(word));
    else pushWord(terms, word);
  }
  return terms;
}

function pushWord(terms: string[], word: string): void {
  if (word.length > 1 && word.length <= 64 && !STOP_WORDS.has(word)) terms.push(stemOf(word));
}

function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const bare = word.replace(/['’].*$/, '');
  const stem = ASCII_WORD.test(bare) && bare.length > 2 ? stemmer(bare) : bare;
  if (stems.size >= STEM_CACHE_MAX) stems.clear();
  stems.set(word, stem);
  return stem;
}

function characterPairs(word: string): string[] {
  const characters = [...word];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}
