import { isFirstName, knownTypeOf } from './gazetteer.ts';
import type { NameCandidate } from './name-candidates.ts';
import {
  CONCEPT_SUFFIXES,
  EVENT_WORDS,
  LOCATION_PREFIXES,
  LOCATION_SUFFIXES,
  NAME_SUFFIXES,
  ORGANIZATION_PREFIXES,
  ORGANIZATION_SUFFIXES,
  ORGANIZATION_VERBS,
  PERSON_VERBS,
  PLACE_PREPOSITIONS,
} from './name-cues.ts';

/** What kind of thing a name stands for. */
export type EntityType = 'person' | 'organization' | 'location' | 'product' | 'event' | 'concept';

/** Evidence for each type: the probability that it alone would give. */
export type TypeScores = Record<EntityType, number>;

const add = (scores: TypeScores, type: EntityType, probability: number): void => {
  scores[type] = 1 - (1 - scores[type]) * (1 - probability);
};

/** Adds what one mention says about the type of its name. Independent hints combine as noisy-or. */
export function scoreMention(scores: TypeScores, mention: NameCandidate, language: string | null): void {
  scoreContext(scores, mention);
  scoreForm(scores, mention, language);
}

function scoreForm(scores: TypeScores, { name, words }: NameCandidate, language: string | null): void {
  const first = (words[0] as string).toLowerCase();
  const last = (words.at(-1) as string).toLowerCase().replace(/\.$/, '');
  const known = knownTypeOf(name, language);
  if (known !== undefined) raise(scores, known, 0.93);
  if (words.length > 1) {
    if (ORGANIZATION_SUFFIXES.has(last)) raise(scores, 'organization', 0.88);
    if (ORGANIZATION_PREFIXES.has(first) && words.length > 2) raise(scores, 'organization', 0.85);
    if (CONCEPT_SUFFIXES.has(last)) raise(scores, 'concept', 0.68);
    if (LOCATION_SUFFIXES.has(last)) raise(scores, 'location', 0.82);
    if (LOCATION_PREFIXES.has(first)) raise(scores, 'location', 0.7);
    if (words.some((word) => EVENT_WORDS.has(word.toLowerCase()))) raise(scores, 'event', 0.86);
    if (isFirstName(first) && words.length <= 4 && known === undefined) raise(scores, 'person', 0.86);
    if (/^\p{Lu}$/u.test(words[0] as string) && words.length <= 4) raise(scores, 'person', 0.75);
    if (NAME_SUFFIXES.has(last)) raise(scores, 'person', 0.85);
    if (words.length === 2 && words.every((word) => /^\p{Lu}\p{Ll}+(?:-\p{Lu}\p{Ll}+)?$/u.test(word)))
      raise(scores, 'person', 0.4);
    if (/^\d/.test(last)) raise(scores, /^(?:19|20)\d\d$/.test(last) ? 'event' : 'product', 0.6);
    if (name.includes(' & ')) raise(scores, 'organization', 0.7);
  } else {
    if (isFirstName(first) && known === undefined) raise(scores, 'person', 0.6);
    if (/^\p{Lu}{2,6}$/u.test(name) && known === undefined) raise(scores, 'organization', 0.5);
    if (/\p{Ll}\p{Lu}|[\p{L}]\d|\.(?:js|io|net)$/u.test(name)) raise(scores, 'product', 0.62);
  }
  raise(scores, 'concept', words.length > 1 ? 0.35 : 0.25);
}

function scoreContext(scores: TypeScores, { title, before, beforeThat, after, words }: NameCandidate): void {
  if (title !== null) add(scores, 'person', 0.85);
  if (PERSON_VERBS.has(after)) add(scores, 'person', 0.45);
  if (ORGANIZATION_VERBS.has(after)) add(scores, 'organization', 0.4);
  if (before === 'by' && words.length === 2) add(scores, 'person', 0.2);
  if (before === 'in' || before === 'near') add(scores, 'location', 0.45);
  else if (PLACE_PREPOSITIONS.has(before)) add(scores, 'location', 0.2);
  if (before === 'the' && PLACE_PREPOSITIONS.has(beforeThat)) add(scores, 'organization', 0.12);
  if (['ceo', 'chairman', 'founder', 'employees', 'subsidiary', 'shares'].includes(after))
    add(scores, 'organization', 0.6);
  if (before === 'of' && ['ceo', 'chairman', 'founder', 'director', 'employee', 'executive'].includes(beforeThat))
    add(scores, 'organization', 0.6);
  if (before === 'of' && ['capital', 'city', 'town', 'north', 'south', 'east', 'west', 'coast'].includes(beforeThat))
    add(scores, 'location', 0.6);
}

const raise = (scores: TypeScores, type: EntityType, probability: number): void => {
  if (probability > scores[type]) scores[type] = probability;
};
