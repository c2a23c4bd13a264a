import { knownTypeOf } from './gazetteer.ts';
import { NAME_PARTICLES, NEVER_NAMES, PERSON_TITLES } from './name-cues.ts';
import type { Sentence, Span, Token } from './sentences.ts';

/** A capitalised stretch that may be a name, with the words around it. */
export interface NameCandidate extends Span {
  readonly name: string;
  readonly words: readonly string[];
  readonly sentence: number;
  readonly before: string;
  readonly beforeThat: string;
  readonly after: string;
  readonly title: string | null;
  readonly isSentenceStart: boolean;
  readonly isHeading: boolean;
}

/** How often each word occurs in lower case, and capitalised away from the start of a sentence. */
export interface CaseCounts {
  readonly lower: ReadonlyMap<string, number>;
  readonly capitalised: ReadonlyMap<string, number>;
}

const CAPITALISED = /^(?:\p{Lu}|[a-z]\p{Lu})/u;
const WORDS_MAX = 7;

/** Counts the case of every word: a word that is often lower-case is no name because it begins a sentence. */
export function caseCounts(sentences: readonly Sentence[]): CaseCounts {
  const lower = new Map<string, number>();
  const capitalised = new Map<string, number>();
  for (const { tokens, isHeading } of sentences) {
    if (isHeading) continue;
    tokens.forEach(({ text }, index) => {
      const counts = CAPITALISED.test(text) ? (index === 0 ? null : capitalised) : lower;
      if (counts !== null) counts.set(text.toLowerCase(), (counts.get(text.toLowerCase()) ?? 0) + 1);
    });
  }
  return { lower, capitalised };
}

/** Finds capitalised stretches sentence by sentence. `isCommon` tells the function words of the language. */
export function nameCandidates(
  text: string,
  sentences: readonly Sentence[],
  counts: CaseCounts,
  isCommon: (word: string) => boolean,
): NameCandidate[] {
  const candidates: NameCandidate[] = [];
  sentences.forEach((sentence, index) => {
    const { tokens } = sentence;
    let from = 0;
    while (from < tokens.length) {
      if (!opensName(tokens, from, counts, isCommon)) {
        from += 1;
        continue;
      }
      const to = endOfName(text, tokens, from, isCommon);
      const candidate = toCandidate(text, sentence, index, from, to);
      if (candidate !== null) candidates.push(candidate);
      from = to;
    }
  });
  return candidates;
}

function opensName(
  tokens: readonly Token[],
  at: number,
  counts: CaseCounts,
  isCommon: (word: string) => boolean,
): boolean {
  const word = (tokens[at] as Token).text;
  if (!CAPITALISED.test(word) || word.length < 2) return isInitial(tokens, at);
  const key = word.toLowerCase();
  if (NEVER_NAMES.has(key) && !nextIsCapitalised(tokens, at)) return false;
  const isKnown = knownTypeOf(word, null) !== undefined;
  if (isCommon(key) && !(isKnown && /^\p{Lu}{2,}$/u.test(word))) return false;
  if (at > 0) return true;
  if (isKnown || /\p{Lu}.*\p{Lu}/u.test(word)) return true;
  const lower = counts.lower.get(key) ?? 0;
  const capitalised = counts.capitalised.get(key) ?? 0;
  return capitalised > lower || (lower === 0 && (nextIsCapitalised(tokens, at) || capitalised > 0));
}

function endOfName(text: string, tokens: readonly Token[], from: number, isCommon: (word: string) => boolean): number {
  let to = from + 1;
  while (to < tokens.length && to - from < WORDS_MAX) {
    const previous = tokens[to - 1] as Token;
    const token = tokens[to] as Token;
    const gap = text.slice(previous.end, token.start);
    if (!joins(gap, previous.text)) break;
    if (CAPITALISED.test(token.text) && !isCommon(token.text.toLowerCase())) to += 1;
    else if (/^\d{1,4}$/.test(token.text) && gap === ' ') return to + 1;
    else if (NAME_PARTICLES.has(token.text) && particleJoins(text, tokens, from, to)) to += 1;
    else break;
  }
  while (to > from + 1 && NAME_PARTICLES.has((tokens[to - 1] as Token).text)) to -= 1;
  return to;
}

function particleJoins(text: string, tokens: readonly Token[], from: number, at: number): boolean {
  const particle = (tokens[at] as Token).text;
  let next = tokens[at + 1];
  if (next?.text === 'the' && particle === 'of') next = tokens[at + 2];
  if (
    next === undefined ||
    !CAPITALISED.test(next.text) ||
    !/^\s$/.test(text.slice((tokens[at] as Token).end, (tokens[at + 1] as Token).start))
  )
    return false;
  if (particle === 'and') return false;
  if (particle === 'of' || particle === 'for' || particle === 'für') return isOrganizationHead(tokens, from, at);
  return particle !== 'the' || (tokens[at - 1] as Token).text === 'of';
}

function isOrganizationHead(tokens: readonly Token[], from: number, to: number): boolean {
  const head = (tokens[to - 1] as Token).text.toLowerCase();
  return (
    /^(?:university|bank|ministry|department|institute|association|federation|council|court|house|board|bureau|office|academy|college|school|church|museum|society|union|battle|treaty|kingdom|republic|gulf|isle|bay|commission|committee|organization|organisation|agency|center|centre|foundation|journal|parliament|government|army|states|confederation|league|declaration|siege|universität|ministerium)$/.test(
      head,
    ) && to > from
  );
}

const joins = (gap: string, previous: string): boolean =>
  gap === ' ' ||
  gap === '\u00a0' ||
  gap === ' & ' ||
  (gap === '. ' && (/^\p{Lu}$/u.test(previous) || PERSON_TITLES.has(previous.toLowerCase()) || previous === 'St'));
const isInitial = (tokens: readonly Token[], at: number): boolean =>
  /^\p{Lu}$/u.test((tokens[at] as Token).text) &&
  (tokens[at] as Token).text !== 'I' &&
  (tokens[at] as Token).text !== 'A' &&
  nextIsCapitalised(tokens, at);
const nextIsCapitalised = (tokens: readonly Token[], at: number): boolean =>
  CAPITALISED.test(tokens[at + 1]?.text ?? '') && (tokens[at + 1] as Token).start - (tokens[at] as Token).end <= 2;

function toCandidate(text: string, sentence: Sentence, index: number, from: number, to: number): NameCandidate | null {
  const { tokens } = sentence;
  let start = from;
  let title: string | null = null;
  while (start < to - 1 && PERSON_TITLES.has((tokens[start] as Token).text.toLowerCase())) {
    title = (tokens[start] as Token).text.toLowerCase();
    start += 1;
  }
  const words = tokens.slice(start, to).map((token) => token.text);
  const first = tokens[start] as Token;
  const last = tokens[to - 1] as Token;
  if (words.length === 1 && isNoName(first.text)) return null;
  const before = tokens[from - 1]?.text.toLowerCase() ?? '';
  return {
    name: text.slice(first.start, last.end).replaceAll(/\s+/g, ' '),
    words,
    start: first.start,
    end: last.end,
    sentence: index,
    before,
    beforeThat: tokens[from - 2]?.text.toLowerCase() ?? '',
    after: tokens[to]?.text.toLowerCase() ?? '',
    title: title ?? (PERSON_TITLES.has(before) ? before : null),
    isSentenceStart: from === 0,
    isHeading: sentence.isHeading,
  };
}

const isNoName = (word: string): boolean =>
  NEVER_NAMES.has(word.toLowerCase()) || PERSON_TITLES.has(word.toLowerCase()) || /^\d/.test(word);
