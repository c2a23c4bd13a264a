/** A stretch of the text by UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One word with its place. */
export interface Token extends Span {
  readonly text: string;
}

/** One sentence with its words. `isHeading` marks lines in title case or capitals, whose capitals mean nothing. */
export interface Sentence extends Span {
  readonly tokens: readonly Token[];
  readonly isHeading: boolean;
}

const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st jr sr vs etc inc corp ltd co e.g i.e fig no vol pp cf al gen col sgt capt lt sen rep gov rev hon mt jan feb mar apr jun jul aug sep sept oct nov dec approx dept est ca'.split(
    ' ',
  ),
);
const BOUNDARY = /(?:[.!?]+["'”’)\]]*(?=\s+["'“‘([]?[\p{Lu}\p{N}])|[。！？]+|\n\s*\n|\n(?=\s*(?:[-*•]|\d+[.)])\s))/gu;
const TOKEN = /[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’.&+#/-][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*(?:\+\+|#)?/gu;
const SENTENCE_CHARACTERS_MAX = 2_000;

/** Splits text into sentences of words. Abbreviations and initials do not end a sentence; blank lines and list items do. */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  for (const match of text.matchAll(BOUNDARY)) {
    const end = match.index + match[0].length;
    if (match[0].startsWith('.') && endsInAbbreviation(text, start, match.index)) continue;
    push(text, start, end, sentences);
    start = end;
  }
  push(text, start, text.length, sentences);
  return sentences;
}

function push(text: string, start: number, end: number, sentences: Sentence[]): void {
  for (let from = start; from < end; from += SENTENCE_CHARACTERS_MAX) {
    const to = Math.min(end, from + SENTENCE_CHARACTERS_MAX);
    const tokens = tokensOf(text, from, to);
    if (tokens.length > 0)
      sentences.push({ start: from, end: to, tokens, isHeading: isHeading(text.slice(from, to), tokens) });
  }
}

function tokensOf(text: string, start: number, end: number): Token[] {
  const tokens: Token[] = [];
  for (const match of text.slice(start, end).matchAll(TOKEN)) {
    const at = start + match.index;
    const possessive = /['’]s$/.test(match[0]) ? 2 : 0;
    const word = possessive === 0 ? match[0] : match[0].slice(0, -possessive);
    tokens.push({ text: word, start: at, end: at + word.length });
  }
  return tokens;
}

function endsInAbbreviation(text: string, start: number, dot: number): boolean {
  let from = dot;
  while (from > start && !/\s/.test(text[from - 1] ?? ' ')) from -= 1;
  const word = text.slice(from, dot).replace(/^["'“‘([]+/, '');
  return /^\p{Lu}$/u.test(word) || ABBREVIATIONS.has(word.toLowerCase()) || /^(?:\p{Lu}\.)+\p{Lu}$/u.test(word);
}

function isHeading(text: string, tokens: readonly Token[]): boolean {
  if (/[.!?]['"”’)\]]*\s*$/.test(text) && /\p{Ll}/u.test(text)) return false;
  const words = tokens.filter((token) => token.text.length > 3);
  if (words.length < 3) return false;
  const capitalised = words.filter((token) => /^\p{Lu}/u.test(token.text)).length;
  return capitalised / words.length > 0.8;
}
