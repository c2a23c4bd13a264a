import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseDigest } from '../../../src/link-state/digest.ts';
import { decodeMessage, encodeMessage, type RoutingMessage } from '../../../src/link-state/messages.ts';
import { integerBetween, seededRandom } from '../../support/random.ts';

const entries = [
  { origin: 7, version: { epoch: 1, seq: 2 } },
  { origin: 0xffff_ffff, version: { epoch: 0xffff_ffff, seq: 0 } },
];
const MESSAGES: readonly RoutingMessage[] = [
  { kind: 'update', advertisements: [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(3_000).fill(7)] },
  { kind: 'ack', entries },
  { kind: 'digest', sums: new DatabaseDigest().sums() },
  { kind: 'summary', buckets: [0, 63], entries },
  { kind: 'summary', buckets: [], entries: [] },
  { kind: 'request', origins: [1, 2, 0xffff_ffff] },
];

for (const message of MESSAGES) {
  test(`a message of kind ${message.kind} survives its encoding`, () => {
    assert.deepEqual(decodeMessage(encodeMessage(message)), message);
  });
}

test('garbage is refused by name or read as the message that it is, and never throws', () => {
  const faults = new Set<string>();
  for (let seed = 1; seed <= 20_000; seed += 1) {
    const random = seededRandom(seed);
    const whole = encodeMessage(MESSAGES[seed % MESSAGES.length]!);
    const bytes = whole.slice(0, random() < 0.5 ? whole.length : integerBetween(random, 0, whole.length));
    for (let flips = integerBetween(random, 0, 3); flips > 0 && bytes.length > 0; flips -= 1) {
      bytes[integerBetween(random, 0, Math.min(bytes.length, 8) - 1)] = integerBetween(random, 0, 255);
    }
    const read = decodeMessage(bytes);
    if (typeof read === 'string') faults.add(read);
    else assert.deepEqual(encodeMessage(read), bytes, `seed ${seed}`);
  }
  assert.deepEqual([...faults].sort(), ['kind', 'trailing', 'truncated', 'version']);
});
