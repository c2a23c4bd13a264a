import { franc } from 'franc-min';
import { functionWords } from './function-words.ts';

const SAMPLE_CHARACTERS = 2_000;
const SINGLE_SCRIPTS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, 'ja'],
  [/\p{Script=Hangul}/gu, 'ko'],
  [/\p{Script=Han}/gu, 'zh'],
  [/\p{Script=Greek}/gu, 'el'],
  [/\p{Script=Hebrew}/gu, 'he'],
  [/\p{Script=Thai}/gu, 'th'],
  [/\p{Script=Georgian}/gu, 'ka'],
  [/\p{Script=Armenian}/gu, 'hy'],
  [/\p{Script=Tamil}/gu, 'ta'],
  [/\p{Script=Bengali}/gu, 'bn'],
];
const MIXED_SCRIPT = /[^\p{ASCII}\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Common}]/u;
const TRIGRAM_LANGUAGES =
  'eng deu fra spa ita por nld swe dan nob fin pol ces slk hun ron tur ind vie rus ukr bul srp hrv ell ara pes urd hin ben tam tel mar guj tha swh cat lit lav est'.split(
    ' ',
  );
const WORD = /[\p{L}]+/gu;

/**
 * The language of a text as a BCP 47 code, or null when the text says too little. Scripts of one language decide at
 * once; then function words vote; trigrams (franc) decide what is left and long enough.
 */
export function detectLanguage(text: string): string | null {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  if (MIXED_SCRIPT.test(sample)) {
    const letters = sample.match(/\p{L}/gu)?.length ?? 0;
    for (const [script, language] of SINGLE_SCRIPTS) {
      if ((sample.match(script)?.length ?? 0) > letters * (language === 'ja' ? 0.1 : 0.4)) return language;
    }
  }
  return byFunctionWords(sample) ?? byTrigrams(sample);
}

function byFunctionWords(sample: string): string | null {
  const words = sample.toLowerCase().match(WORD) ?? [];
  if (words.length < 4) return null;
  let best: string | null = null;
  let bestHits = 0;
  let secondHits = 0;
  for (const [language, known] of functionWords) {
    let hits = 0;
    for (const word of words) if (known.has(word)) hits += 1;
    if (hits > bestHits) {
      secondHits = bestHits;
      bestHits = hits;
      best = language;
    } else if (hits > secondHits) secondHits = hits;
  }
  const share = bestHits / words.length;
  const isClear = bestHits >= 3 ? bestHits > secondHits * 1.25 : bestHits === 2 && secondHits <= 1;
  return share >= 0.2 && isClear ? best : null;
}

function byTrigrams(sample: string): string | null {
  const code = franc(sample, { minLength: 40, only: TRIGRAM_LANGUAGES });
  if (code === 'und') return null;
  const [tag] = Intl.getCanonicalLocales(code);
  return tag === undefined ? null : tag === 'cmn' ? 'zh' : tag;
}
