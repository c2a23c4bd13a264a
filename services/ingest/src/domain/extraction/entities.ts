import type { ExtractedEntity } from '@peermesh/contracts/events';
import { functionWordsOf } from './function-words.ts';
import { caseCounts, type NameCandidate, nameCandidates } from './name-candidates.ts';
import { type EntityType, scoreMention, type TypeScores } from './name-types.ts';
import type { Sentence } from './sentences.ts';

/** An entity with the sentences that mention it. */
export interface FoundEntity extends ExtractedEntity {
  readonly type: EntityType;
  readonly places: readonly { readonly start: number; readonly end: number; readonly sentence: number }[];
}

interface Group {
  name: string;
  readonly words: readonly string[];
  readonly scores: TypeScores;
  readonly mentions: NameCandidate[];
  readonly aliases: Set<string>;
}

const CONFIDENCE_MIN = 0.3;
const ENTITIES_MAX = 200;
const MENTIONS_MAX = 50;
const ACRONYM = /\(\s*([\p{Lu}]{2,8})\s*\)/gu;

/**
 * Finds named entities by capitalisation, position, lists and context. It reads no meaning: names in lower case are
 * missed, and a type without evidence comes out as `concept` with low confidence.
 */
export function findEntities(text: string, sentences: readonly Sentence[], language: string | null): FoundEntity[] {
  const common = functionWordsOf(language);
  const counts = caseCounts(sentences);
  const candidates = nameCandidates(text, sentences, counts, (word) => common.has(word));
  const groups = mergeShortForms(groupByName(candidates), acronymsOf(text));
  const entities: FoundEntity[] = [];
  for (const group of groups) {
    if (group.mentions.every((mention) => mention.isHeading) && group.mentions.length < 2) continue;
    for (const mention of group.mentions) scoreMention(group.scores, mention, language);
    const entity = toEntity(group, language === 'de');
    if (entity.confidence >= CONFIDENCE_MIN) entities.push(entity);
  }
  return entities
    .sort((a, b) => b.confidence - a.confidence || b.places.length - a.places.length)
    .slice(0, ENTITIES_MAX);
}

function groupByName(candidates: readonly NameCandidate[]): Group[] {
  const groups = new Map<string, Group>();
  for (const candidate of candidates) {
    const key = candidate.name.toLowerCase();
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, {
        name: candidate.name,
        words: candidate.words,
        scores: noScores(),
        mentions: [candidate],
        aliases: new Set(),
      });
    } else group.mentions.push(candidate);
  }
  return [...groups.values()];
}

/** "Curie" joins the longer name ending with it that was mentioned last; "WHO" joins the name it stands behind. */
function mergeShortForms(groups: Group[], acronyms: ReadonlyMap<string, string>): Group[] {
  const byLastWord = new Map<string, Group[]>();
  for (const group of groups) {
    if (group.words.length < 2 || group.words.length > 4) continue;
    const last = (group.words.at(-1) as string).toLowerCase();
    byLastWord.set(last, [...(byLastWord.get(last) ?? []), group]);
  }
  const byName = new Map(groups.map((group) => [group.name.toLowerCase(), group]));
  return groups.filter((group) => {
    if (group.words.length !== 1) return true;
    const spelledOut = byName.get(acronyms.get(group.name)?.toLowerCase() ?? '');
    const longer = spelledOut === undefined ? (byLastWord.get(group.name.toLowerCase()) ?? []) : [spelledOut];
    if (longer.length === 0) return true;
    for (const mention of group.mentions) {
      const target = lastMentionedBefore(longer, mention.start);
      target.aliases.add(group.name);
      target.mentions.push(mention);
    }
    return false;
  });
}

function lastMentionedBefore(groups: readonly Group[], at: number): Group {
  const distance = (group: Group): number =>
    Math.min(...group.mentions.map(({ start }) => (start <= at ? at - start : 1e9 + start)));
  return groups.reduce((best, group) => (distance(group) < distance(best) ? group : best));
}

function acronymsOf(text: string): Map<string, string> {
  const acronyms = new Map<string, string>();
  for (const match of text.matchAll(ACRONYM)) {
    const acronym = match[1] as string;
    const before = text
      .slice(Math.max(0, match.index - 120), match.index)
      .trimEnd()
      .split(/\s+/);
    for (let length = Math.min(before.length, acronym.length + 3); length >= 2; length -= 1) {
      const words = before.slice(-length);
      const initials = words.filter((word) => /^\p{Lu}/u.test(word)).map((word) => word[0]);
      if (initials.join('') === acronym && /^\p{Lu}/u.test(words[0] as string)) {
        acronyms.set(acronym, words.join(' '));
        break;
      }
    }
  }
  return acronyms;
}

function toEntity(group: Group, nounsAreCapitalised: boolean): FoundEntity {
  let type: EntityType = 'concept';
  for (const [candidate, score] of Object.entries(group.scores) as [EntityType, number][]) {
    if (score > group.scores[type]) type = candidate;
  }
  const repeated = Math.min(0.05, 0.015 * (group.mentions.length - 1));
  const doubtful = nounsAreCapitalised && group.words.length === 1 && group.scores[type] < 0.6 ? 0.2 : 0;
  const places = group.mentions
    .map(({ start, end, sentence }) => ({ start, end, sentence }))
    .sort((a, b) => a.start - b.start);
  return {
    name: group.name.slice(0, 300),
    type,
    confidence: Math.round(Math.min(0.97, Math.max(0, group.scores[type] + repeated - doubtful)) * 100) / 100,
    ...(group.aliases.size === 0 ? {} : { aliases: [...group.aliases].slice(0, 20) }),
    mentions: places.slice(0, MENTIONS_MAX).map(({ start, end }) => ({ start, end })),
    places,
  };
}

const noScores = (): TypeScores => ({ person: 0, organization: 0, location: 0, product: 0, event: 0, concept: 0 });
