import { newId } from '@peermesh/contracts';
import type { TriggeredDocument } from '../../src/domain/subscription-filter.ts';

/** A document that became searchable; change what the test is about. */
export function triggered(changes: Partial<TriggeredDocument> = {}): TriggeredDocument {
  return {
    documentId: newId('document'),
    version: 1,
    sourceId: null,
    title: 'Battery recycling grows in Europe',
    summary: 'Northvolt opens a second recycling plant near Skelleftea.',
    url: 'https://news.example/battery',
    language: 'en',
    topics: ['energy'],
    keyphrases: ['battery recycling'],
    entities: [],
    confidence: 1,
    acl: ['tenant'],
    publishedAt: null,
    indexedAt: new Date().toISOString(),
    ...changes,
  };
}
