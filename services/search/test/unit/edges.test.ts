import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgesOf } from '../../src/domain/graph/edges.ts';
import { attributesOf } from '../support/domain-samples.ts';

test('a record makes each of its edges once in both directions, whatever it repeats', () => {
  const edges = edgesOf({
    op: 'upsert',
    tenantId: 'default',
    id: 'doc_1',
    version: 1,
    seq: 1,
    record: {
      kind: 'doc',
      title: '',
      text: '',
      attributes: attributesOf('doc'),
      mentions: [
        { entityId: 'ent_1', confidence: 0.5 },
        { entityId: 'ent_2', confidence: 0.6 },
        { entityId: 'ent_1', confidence: 0.7 },
      ],
      embedding: null,
    },
  });
  assert.deepEqual(
    edges.map(({ from, to, inverse, weight }) => [from, to, inverse, weight]),
    [
      ['doc_1', 'ent_1', false, 0.7],
      ['ent_1', 'doc_1', true, 0.7],
      ['doc_1', 'ent_2', false, 0.6],
      ['ent_2', 'doc_1', true, 0.6],
    ],
  );
});
