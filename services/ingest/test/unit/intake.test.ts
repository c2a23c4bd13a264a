import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SubmitContent } from '@peermesh/contracts/ingest';
import { hasErrorCode } from '@peermesh/errors';
import { attempt, prepareSubmission } from '../../src/domain/intake.ts';

const NOW = new Date('2026-11-21T06:00:00Z');
const prepare = (input: SubmitContent) => prepareSubmission(input, NOW);
const extraction = {
  extractor: { name: 'x', version: '1' },
  language: 'en',
  title: null,
  entities: [{ name: 'Ada', type: 'person', confidence: 0.9, mentions: [{ start: 0, end: 3 }] }],
  relationships: [],
  keyphrases: [],
  dates: [],
  embedding: null,
};

test('identifies an item by key, else by URL, else by content', () => {
  assert.equal(prepare({ body: 'x', itemKey: 'k', url: 'https://a/' }).itemKey, 'k');
  assert.equal(prepare({ body: 'x', url: 'https://a/' }).itemKey, 'https://a/');
  assert.match(prepare({ body: 'x' }).itemKey, /^sha256:[0-9a-f]{64}$/);
  assert.notDeepEqual(
    prepare({ body: 'x', itemKey: 'k' }).itemHash,
    prepare({ body: 'x', itemKey: 'k', sourceId: 'src_1' }).itemHash,
  );
});

test('takes equal content for a duplicate whatever its bytes', () => {
  const a = prepare({ body: 'caf\u00e9  \r\n', itemKey: 'k' });
  const b = prepare({ body: 'cafe\u0301\n', itemKey: 'k' });
  assert.deepEqual(a.fingerprint, b.fingerprint);
});

test('makes a version of every change that matters: text, access, metadata, extraction', () => {
  const base: SubmitContent = { body: 'Ada', itemKey: 'k' };
  const prints = [
    base,
    { ...base, body: 'Eve' },
    { ...base, acl: ['user:usr_1'] },
    { ...base, metadata: { a: 1 } },
    { ...base, extraction },
    { ...base, title: 'T' },
  ].map((input) => prepare(input).fingerprint.toString('hex'));
  assert.equal(new Set(prints).size, prints.length);
});

test('hashes title and text with SHA-256 for consumers', () => {
  assert.match(prepare({ body: 'x' }).document.contentHash, /^[0-9a-f]{64}$/);
  assert.equal(
    prepare({ body: 'x', itemKey: 'a' }).document.contentHash,
    prepare({ body: 'x', itemKey: 'b', topics: ['t'] }).document.contentHash,
  );
});

test('refuses what cannot be taken in with a code', () => {
  const code = (input: SubmitContent): string => {
    const result = attempt(() => prepare(input));
    return 'code' in result ? String(result.code) : 'accepted';
  };
  assert.equal(code({ body: ' \u0000\n ' }), 'PM_INGEST_CONTENT_EMPTY');
  assert.equal(code({ format: 'html', body: '<script>x</script>' }), 'PM_INGEST_CONTENT_EMPTY');
  assert.equal(code({ body: 'x'.repeat(1_000_001) }), 'PM_INGEST_CONTENT_TOO_LARGE');
  assert.equal(code({ body: '漢'.repeat(900_000) }), 'PM_INGEST_CONTENT_TOO_LARGE');
  assert.equal(code({ body: 'x', metadata: { a: 'y'.repeat(70_000) } }), 'PM_INGEST_CONTENT_TOO_LARGE');
  assert.equal(code({ format: 'json', body: '{' }), 'PM_INGEST_CONTENT_UNREADABLE');
  assert.equal(code({ body: 'A', extraction }), 'PM_INGEST_CONTENT_UNREADABLE');
  const loose = { ...extraction, relationships: [{ from: 0, to: 1, type: 'KNOWS', confidence: 1 }] };
  assert.equal(code({ body: 'Ada', extraction: loose }), 'PM_INGEST_CONTENT_UNREADABLE');
});

test('does not hide an unexpected failure behind a crash', () => {
  const result = attempt(() => {
    throw new RangeError('parser');
  });
  assert.ok(hasErrorCode(result, 'PM_INGEST_CONTENT_UNREADABLE'));
});

test('lets the caller win over the markup and the markup over the source', () => {
  const defaults = { topics: ['news'], acl: ['role:moderator'], language: 'fr' };
  const marked = { format: 'markdown', body: '---\ntitle: M\ntags: [m]\nlang: de\n---\nx' } as const;
  const { document } = prepareSubmission(marked, NOW, defaults);
  assert.deepEqual(
    [document.title, document.language, document.topics, document.acl],
    ['M', 'de', ['m', 'news'], ['role:moderator']],
  );
  const stated = prepareSubmission(
    { ...marked, title: 'C', language: 'en', topics: ['c'], acl: ['tenant'] },
    NOW,
    defaults,
  ).document;
  assert.deepEqual([stated.title, stated.language, stated.topics, stated.acl], ['C', 'en', ['c', 'news'], ['tenant']]);
});
