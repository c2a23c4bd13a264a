import { functionWordsOf } from './function-words.ts';
import type { Sentence } from './sentences.ts';

/** A phrase that says what the text is about. */
export interface Keyphrase {
  readonly text: string;
  readonly score: number;
}

interface Candidate {
  text: string;
  readonly words: readonly string[];
  count: number;
  readonly firstSentence: number;
}

const WORDS_MAX = 3;
const PHRASES_MAX = 20;
const WEAK_WORDS = new Set(
  'said says one two three four five six seven eight nine ten many several various different given using used use due per via based within among however therefore thus paper study present results result shown show shows found obtained made make makes first second third new old large small high low good great number case cases method methods way ways thing things people time times year years day days week month part parts'.split(
    ' ',
  ),
);

/**
 * RAKE with the frequency, position and length weights of YAKE: runs of content words, scored by how often and how
 * early they occur and how much company their words keep. Scores are relative to the best phrase of the same text.
 */
export function findKeyphrases(text: string, sentences: readonly Sentence[], language: string | null): Keyphrase[] {
  const stop = functionWordsOf(language);
  const candidates = new Map<string, Candidate>();
  const frequency = new Map<string, number>();
  const degree = new Map<string, number>();
  sentences.forEach((sentence, index) => {
    for (const run of contentRuns(text, sentence, stop)) {
      for (const word of run) {
        frequency.set(word.key, (frequency.get(word.key) ?? 0) + 1);
        degree.set(word.key, (degree.get(word.key) ?? 0) + run.length - 1);
      }
      for (const phrase of phrasesOf(run)) note(candidates, phrase, index);
    }
  });
  const wordScore = (word: string): number => {
    const count = frequency.get(word) ?? 1;
    return (1 + (degree.get(word) ?? 0) / (count + 1)) * Math.log2(1 + count) * (WEAK_WORDS.has(word) ? 0.2 : 1);
  };
  const scored = [...candidates.values()].map((candidate) => ({
    ...candidate,
    score: phraseScore(candidate, wordScore, sentences.length),
  }));
  return pickDistinct(scored.sort((a, b) => b.score - a.score));
}

function phraseScore(candidate: Candidate, wordScore: (word: string) => number, sentenceCount: number): number {
  const { words, count, firstSentence } = candidate;
  if (words.length > 1 && count === 1 && sentenceCount > 12) return 0.4 * base();
  return base();
  function base(): number {
    const mean = words.reduce((sum, word) => sum + wordScore(word), 0) / words.length;
    const position = 1 / (1 + Math.log2(1 + firstSentence) / 4);
    const length = words.length === 1 ? 0.6 : words.length === 2 ? 1 : 0.95;
    return mean * Math.log2(1 + count) * position * length;
  }
}

interface ContentWord {
  readonly text: string;
  readonly key: string;
}

function contentRuns(text: string, sentence: Sentence, stop: ReadonlySet<string>): ContentWord[][] {
  const runs: ContentWord[][] = [];
  let run: ContentWord[] = [];
  let end = -1;
  for (const token of sentence.tokens) {
    const key = token.text.toLowerCase();
    const isContent = key.length > 2 && key.length < 40 && !stop.has(key) && !/^\d/.test(key);
    const isAdjacent = end >= 0 && /^[ \u00a0]$/.test(text.slice(end, token.start));
    if ((!isContent || !isAdjacent) && run.length > 0) {
      runs.push(run);
      run = [];
    }
    if (isContent) run.push({ text: token.text, key });
    end = token.end;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

function phrasesOf(run: readonly ContentWord[]): ContentWord[][] {
  const phrases: ContentWord[][] = [];
  for (let from = 0; from < run.length; from += 1) {
    for (let length = 1; length <= WORDS_MAX && from + length <= run.length; length += 1) {
      const phrase = run.slice(from, from + length);
      const [first, last] = [phrase[0] as ContentWord, phrase.at(-1) as ContentWord];
      if (!isWeak(first.key) && !isWeak(last.key) && !last.key.endsWith('ed')) phrases.push(phrase);
    }
  }
  return phrases;
}

const isWeak = (word: string): boolean => WEAK_WORDS.has(word) || word.length < 4;

function note(candidates: Map<string, Candidate>, phrase: readonly ContentWord[], sentence: number): void {
  const words = phrase.map((word) => word.key);
  const key = words.join(' ');
  const known = candidates.get(key);
  if (known !== undefined) known.count += 1;
  else
    candidates.set(key, { text: phrase.map((word) => word.text).join(' '), words, count: 1, firstSentence: sentence });
}

function pickDistinct(scored: readonly (Candidate & { score: number })[]): Keyphrase[] {
  const best = scored[0]?.score ?? 0;
  if (best <= 0) return [];
  const picked: (Candidate & { score: number })[] = [];
  for (const candidate of scored) {
    if (picked.length >= PHRASES_MAX || candidate.score < best * 0.08) break;
    if (picked.some((other) => overlaps(other.words, candidate.words))) continue;
    picked.push(candidate);
  }
  return picked.map(({ text, score }) => ({
    text: text.slice(0, 200),
    score: Math.round((score / best) * 1000) / 1000,
  }));
}

function overlaps(a: readonly string[], b: readonly string[]): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const shared = short.filter((word) => long.includes(word)).length;
  return shared === short.length || shared >= 2;
}
