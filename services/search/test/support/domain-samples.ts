import type { RecordAttributes } from '../../src/ports.ts';

/** Attributes of a record that everybody in its tenant may read. */
export function attributesOf(kind: RecordAttributes['kind']): RecordAttributes {
  return {
    kind,
    acl: ['tenant'],
    source: null,
    language: 'en',
    topics: [],
    mediaType: 'text/plain',
    authors: [],
    entityType: kind === 'entity' ? 'organization' : null,
    fingerprint: null,
    nameKey: null,
    publishedAt: null,
    updatedAt: 0,
    createdAt: 0,
  };
}

/** A seeded generator of numbers in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
