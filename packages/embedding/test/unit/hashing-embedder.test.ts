import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embeddingTerms, hashingEmbedder } from '../../src/index.ts';

const cosine = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

test('names the space by model, revision and dimensions', () => {
  const embedder = hashingEmbedder();
  assert.equal(embedder.space, 'hashing@1/256');
  assert.equal(embedder.embed('text').length, 256);
});

test('gives unit vectors, and zeros for text without terms', () => {
  const { embed } = hashingEmbedder(128);
  const vector = embed('The quick brown fox jumps over the lazy dog.');
  assert.ok(Math.abs(cosine(vector, vector) - 1) < 1e-5);
  assert.ok(embed(' ... !!! the of').every((value) => value === 0));
});

test('never changes a vector inside revision 1', () => {
  const slots = [...hashingEmbedder(32).embed('mesh routing between peers')].map((value) => Number(value.toFixed(4)));
  assert.deepEqual(
    slots.flatMap((value, slot) => (value === 0 ? [] : [[slot, value]])),
    [
      [4, 0.6255],
      [5, 0.417],
      [9, 0.2085],
      [15, -0.2085],
      [21, 0.417],
      [23, -0.417],
    ],
  );
});

test('is blind to inflection, case and compatibility forms', () => {
  const { embed } = hashingEmbedder();
  assert.ok(cosine(embed('Replicating STREAMS'), embed('replicated stream')) > 0.99);
  assert.ok(cosine(embed('ﬁle'), embed('file')) > 0.99);
});

test('puts related texts nearer than unrelated ones', () => {
  const { embed } = hashingEmbedder();
  const query = embed('wing flutter at supersonic speed');
  const near = cosine(query, embed('An experimental study of the flutter of a wing in supersonic flow at high speed.'));
  const far = cosine(query, embed('The committee approved the annual budget of the public library.'));
  assert.ok(near > 0.25, `near ${near}`);
  assert.ok(Math.abs(far) < 0.15, `far ${far}`);
});

test('splits unsegmented scripts into pairs of characters', () => {
  assert.deepEqual(embeddingTerms('東京都'), ['東京', '京都']);
});

test('spreads features over all dimensions with both signs', () => {
  const { embed } = hashingEmbedder(64);
  const vector = embed(Array.from({ length: 5_000 }, (_, i) => `w${i}`).join(' '));
  const positive = vector.filter((value) => value > 0).length;
  assert.ok(vector.filter((value) => value !== 0).length > 60);
  assert.ok(positive > 16 && positive < 48, `${positive} of 64 positive`);
});

test('refuses dimensions that make no sense', () => {
  assert.throws(() => hashingEmbedder(0), RangeError);
  assert.throws(() => hashingEmbedder(1.5), RangeError);
});
