import type { ExtractedRelationship } from '@peermesh/contracts/events';
import type { FoundEntity } from './entities.ts';
import { RELATIONSHIP_PATTERNS } from './relationship-patterns.ts';
import type { Sentence } from './sentences.ts';

const EVIDENCE_CHARACTERS = 500;
const GAP_MAX = 90;
const RELATED_MAX = 60;
const RELATIONSHIPS_MAX = 300;
const ENTITIES_PER_SENTENCE_MAX = 12;

interface Mention {
  readonly entity: number;
  readonly start: number;
  readonly end: number;
}

/** Finds relationships between entities of the same sentence: by what stands between them, else by keeping company. */
export function findRelationships(
  text: string,
  sentences: readonly Sentence[],
  entities: readonly FoundEntity[],
): ExtractedRelationship[] {
  const stated = new Map<string, ExtractedRelationship>();
  const company = new Map<string, { from: number; to: number; count: number; weight: number; sentence: number }>();
  for (const [index, mentions] of mentionsBySentence(entities)) {
    const sentence = sentences[index] as Sentence;
    for (let i = 0; i < mentions.length; i += 1) {
      for (let j = i + 1; j < mentions.length; j += 1) {
        const [left, right] = [mentions[i] as Mention, mentions[j] as Mention];
        if (left.entity === right.entity || right.start < left.end) continue;
        const found = j === i + 1 ? stateAdjacent(text, sentence, mentions, i, entities) : null;
        if (found !== null) keepBest(stated, found);
        else noteCompany(company, left, right, index, entities);
      }
    }
  }
  const pairs = new Set([...stated.values()].flatMap(({ from, to }) => [`${from}:${to}`, `${to}:${from}`]));
  const related = [...company.values()]
    .filter(({ from, to }) => !pairs.has(`${from}:${to}`))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, RELATED_MAX)
    .map(({ from, to, count, weight, sentence }) => ({
      from,
      to,
      type: 'RELATED_TO',
      confidence: round(Math.min(0.55, 0.18 + 0.12 * Math.log2(1 + count)) * Math.min(1, 0.5 + weight / count)),
      evidence: evidenceOf(text, sentences[sentence] as Sentence),
    }));
  return [...stated.values(), ...related].sort((a, b) => b.confidence - a.confidence).slice(0, RELATIONSHIPS_MAX);
}

/** After "Siemens, based in Munich, ..." the subject is Siemens again, so it is tried first. */
function stateAdjacent(
  text: string,
  sentence: Sentence,
  mentions: readonly Mention[],
  at: number,
  entities: readonly FoundEntity[],
): ExtractedRelationship | null {
  const [first, left, right] = [mentions[0] as Mention, mentions[at] as Mention, mentions[at + 1] as Mention];
  const gapStart = left.end;
  const resumes =
    at > 0 &&
    text[first.end] === ',' &&
    /^, (?!(?:the |a |an |who |which )|\p{Lu}|$)/u.test(text.slice(gapStart, gapStart + 10));
  const resumed = resumes ? stateRelationship(text, sentence, first, right, gapStart, entities) : null;
  return resumed ?? stateRelationship(text, sentence, left, right, gapStart, entities);
}

function stateRelationship(
  text: string,
  sentence: Sentence,
  left: Mention,
  right: Mention,
  gapStart: number,
  entities: readonly FoundEntity[],
): ExtractedRelationship | null {
  if (right.start - gapStart > GAP_MAX || left.entity === right.entity) return null;
  const between = text.slice(gapStart, right.start).replaceAll(/\s+/g, ' ').toLowerCase();
  const [a, b] = [entities[left.entity] as FoundEntity, entities[right.entity] as FoundEntity];
  for (const pattern of RELATIONSHIP_PATTERNS) {
    if (!pattern.between.test(between)) continue;
    if (!(pattern.from?.includes(a.type) ?? true) || !(pattern.to?.includes(b.type) ?? true)) continue;
    const isNegated = /\b(?:not|never|no|without|denied|refused|that|whether|although|while)\b/.test(between);
    if (isNegated) return null;
    const certainty = Math.min(a.confidence, b.confidence);
    const [from, to] = pattern.isReversed === true ? [right.entity, left.entity] : [left.entity, right.entity];
    return {
      from,
      to,
      type: pattern.type,
      confidence: round(pattern.confidence * (0.6 + 0.4 * certainty)),
      evidence: evidenceOf(text, sentence),
    };
  }
  return null;
}

function mentionsBySentence(entities: readonly FoundEntity[]): Map<number, Mention[]> {
  const bySentence = new Map<number, Mention[]>();
  entities.forEach(({ places }, entity) => {
    for (const { start, end, sentence } of places) {
      const mentions = bySentence.get(sentence) ?? [];
      mentions.push({ entity, start, end });
      bySentence.set(sentence, mentions);
    }
  });
  for (const [sentence, mentions] of bySentence) {
    bySentence.set(sentence, mentions.sort((a, b) => a.start - b.start).slice(0, ENTITIES_PER_SENTENCE_MAX));
  }
  return bySentence;
}

function keepBest(stated: Map<string, ExtractedRelationship>, found: ExtractedRelationship): void {
  const key = `${found.from}:${found.to}:${found.type}`;
  const known = stated.get(key);
  if (known === undefined || known.confidence < found.confidence) stated.set(key, found);
}

function noteCompany(
  company: Map<string, { from: number; to: number; count: number; weight: number; sentence: number }>,
  left: Mention,
  right: Mention,
  sentence: number,
  entities: readonly FoundEntity[],
): void {
  const [from, to] = left.entity < right.entity ? [left.entity, right.entity] : [right.entity, left.entity];
  const certainty = Math.min(entities[from]?.confidence ?? 0, entities[to]?.confidence ?? 0);
  const nearness = 1 / (1 + (right.start - left.end) / 120);
  const key = `${from}:${to}`;
  const known = company.get(key);
  if (known === undefined) company.set(key, { from, to, count: 1, weight: certainty * nearness, sentence });
  else {
    known.count += 1;
    known.weight += certainty * nearness;
  }
}

const evidenceOf = (text: string, { start, end }: Sentence): string =>
  text
    .slice(start, Math.min(end, start + EVIDENCE_CHARACTERS))
    .replaceAll(/\s+/g, ' ')
    .trim();
const round = (value: number): number => Math.round(Math.min(0.97, value) * 100) / 100;
