import type { SearchBackendSubject } from './types.ts';

/** A document of the kit. */
export interface KitDocument {
  readonly id: string;
  readonly version?: number;
  readonly word?: string;
  readonly acl?: readonly string[];
  readonly topic?: string;
  readonly ageDays?: number;
  readonly tenantId?: string;
}

/** The instant that the kit counts ages from. */
export const KIT_NOW = Date.UTC(2026, 5, 15, 12);
const DAY_MS = 86_400_000;

/** The entity that every document of a word mentions. */
export function hubOf(word: string): string {
  return `ent_${word.replace(/[^A-Za-z0-9]/g, 'x')}`;
}

/** Operations that store documents, preceded by the entities they mention. */
export function upserts(subject: SearchBackendSubject, documents: readonly KitDocument[], firstSeq: number): object[] {
  const hubs = new Map(
    documents.map(({ word = 'common', tenantId = 'kit' }) => [`${tenantId}/${word}`, { word, tenantId }]),
  );
  const attributes = (kind: string, acl: readonly string[], topic: string, at: number): object => ({
    kind,
    acl,
    source: null,
    language: 'en',
    topics: [topic],
    mediaType: 'text/plain',
    authors: [],
    entityType: kind === 'entity' ? 'concept' : null,
    publishedAt: kind === 'doc' ? at : null,
    updatedAt: at,
    createdAt: at,
    fingerprint: null,
    nameKey: null,
  });
  const entities = [...hubs.values()].map(({ word, tenantId }) => ({
    op: 'upsert',
    tenantId,
    id: hubOf(word),
    version: 1,
    seq: firstSeq,
    record: {
      kind: 'entity',
      name: `hub of ${word}`,
      aliases: [],
      description: '',
      attributes: attributes('entity', ['tenant', 'user:usr_kit'], 'hub', KIT_NOW),
    },
  }));
  const records = documents.map((document, i) => {
    const {
      id,
      version = 1,
      word = 'common',
      acl = ['tenant'],
      topic = 'kit',
      ageDays = 1,
      tenantId = 'kit',
    } = document;
    const text = `${word} document with some more words`;
    return {
      op: 'upsert',
      tenantId,
      id,
      version,
      seq: firstSeq + 1 + i,
      record: {
        kind: 'doc',
        title: word,
        text,
        attributes: attributes('doc', acl, topic, KIT_NOW - ageDays * DAY_MS),
        mentions: [{ entityId: hubOf(word), confidence: 0.9 }],
        embedding: subject.embed(`${word}\n${text}`),
      },
    };
  });
  return [...entities, ...records];
}

/** An operation that deletes a document. */
export function removal(id: string, version: number, seq: number, tenantId = 'kit'): object {
  return { op: 'delete', tenantId, id, version, seq, kind: 'doc' };
}

/** A question that finds the documents of a word on any leg. */
export function question(
  subject: SearchBackendSubject,
  changes: Readonly<Record<string, unknown>> = {},
  word = 'common',
): object {
  return {
    text: word,
    vector: subject.embed(`${word}\n${word} document with some more words`),
    seeds: [{ id: hubOf(word), weight: 1 }],
    graph: { maxHops: 1, fanout: 20_000, edgeTypes: null },
    filter: { matches: null },
    limit: 10,
    facets: [],
    kinds: ['doc'],
    scoreMin: null,
    ...changes,
  };
}

/** Who asks, and with how much time. */
export function asker(
  principals: readonly string[] = ['tenant'],
  tenantId = 'kit',
  signal: AbortSignal = new AbortController().signal,
): object {
  return { viewer: { tenantId, principals }, signal, timeoutMs: 10_000 };
}
