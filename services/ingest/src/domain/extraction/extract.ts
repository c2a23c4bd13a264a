import type { Extraction } from '@peermesh/contracts/events';
import { hashingEmbedder } from '@peermesh/embedding';
import { findDates } from './dates.ts';
import { findEntities } from './entities.ts';
import { findKeyphrases } from './keyphrases.ts';
import { detectLanguage } from './language.ts';
import { findRelationships } from './relationships.ts';
import { sentencesOf } from './sentences.ts';

/** What the extractor reads of a document. */
export interface ExtractionInput {
  readonly title: string | null;
  readonly text: string;
  readonly language: string | null;
}

/** Identifies this extractor in everything that it found. */
export const EXTRACTOR = { name: 'peermesh-statistical', version: '1' } as const;

const ANALYSED_CHARACTERS = 60_000;
const EMBEDDED_CHARACTERS = 20_000;
const embedder = hashingEmbedder(256);

/**
 * Extracts language, title, named entities, relationships, keyphrases, dates and an embedding from one document. Pure
 * and statistical. Only the first 60,000 characters are analysed.
 */
export function extract({ title, text, language: statedLanguage }: ExtractionInput): Extraction {
  const head = text.length > ANALYSED_CHARACTERS ? text.slice(0, ANALYSED_CHARACTERS) : text;
  const language = statedLanguage ?? detectLanguage(title === null ? head : `${title}\n${head}`);
  const sentences = sentencesOf(head);
  const entities = findEntities(head, sentences, language);
  return {
    extractor: EXTRACTOR,
    language,
    title: title ?? titleOf(head),
    entities: entities.map(({ places: _places, ...entity }) => entity),
    relationships: findRelationships(head, sentences, entities),
    keyphrases: findKeyphrases(head, sentences, language),
    dates: findDates(head, language),
    embedding: {
      space: embedder.space,
      vector: Array.from(
        embedder.embed(`${title ?? ''}\n${head.slice(0, EMBEDDED_CHARACTERS)}`),
        (value) => Math.round(value * 1e5) / 1e5,
      ),
    },
  };
}

/** The first line when it is short enough, else the beginning of the first sentence. */
export function titleOf(text: string): string | null {
  const line = text.trimStart().split('\n', 1)[0]?.trim() ?? '';
  if (line === '') return null;
  if (line.length <= 140) return line;
  const sentence = /^.{20,140}?[.!?](?=\s)/u.exec(line)?.[0];
  return sentence ?? `${line.slice(0, 120).replace(/\s+\S*$/, '')}…`;
}
