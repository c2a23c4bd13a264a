import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Claim, Codec, type Message, REFUSAL_REASONS } from '../../src/index.ts';
import { alive, Observer } from '../harness/observer.ts';
import { seededRandom } from '../harness/seeded-random.ts';

const codec = new Codec();
const CLAIMS: readonly Claim[] = [
  alive('n1', 0),
  alive('n2', 2 ** 47, 'k', 'zone=köln ☁'),
  { kind: 'suspect', incarnation: 300, id: 'n3', by: 'n4' },
  { kind: 'failed', incarnation: 70_000, id: 'n3', by: 'n4' },
  { kind: 'left', incarnation: 5, id: 'n5' },
];
const digests = Uint32Array.from({ length: 64 }, (_, index) => index * 0x3f1f_0501);
const MESSAGES: readonly Message[] = [
  { type: 'ping', sequence: 4_294_967_295, target: 'n1', claims: CLAIMS },
  { type: 'ack', sequence: 0, claims: [] },
  { type: 'ping_request', sequence: 128, target: 'n'.repeat(64), claims: [] },
  { type: 'nack', sequence: 127, claims: CLAIMS },
  { type: 'gossip', claims: CLAIMS },
  { type: 'sync_request', digests, claims: [] },
  { type: 'sync_state', isReply: true, digests, claims: CLAIMS },
  { type: 'join', meshId: 'm', credential: Buffer.from([0, 1, 255]), claims: [alive('n1', 0)] },
  { type: 'join_accepted', meshId: 'm', claims: CLAIMS },
  { type: 'join_refused', reason: 'closed', claims: [] },
];

for (const message of MESSAGES) {
  test(`${message.type} survives the wire`, () => {
    assert.deepEqual(codec.decode(codec.encode(message)), message);
  });

  test(`${message.type} that ends early is refused, unless what is left is whole by itself`, () => {
    const bytes = codec.encode(message);
    for (let length = 0; length < bytes.length; length += 1) {
      const decoded = codec.decode(bytes.subarray(0, length));
      if (typeof decoded === 'string') continue;
      assert.ok(decoded.claims.length < message.claims.length, `${length} of ${bytes.length} bytes`);
    }
  });
}

test('the first bytes of the format are what they were', () => {
  const ping = codec.encode({ type: 'ping', sequence: 300, target: 'ab', claims: [] });
  assert.equal(ping.toString('hex'), '0101ac02026162');
});

for (const [name, hex, reason] of [
  ['another version', '0201ac02026162', 'bad_version'],
  ['no type', '01', 'truncated'],
  ['an unknown type', '010b', 'bad_type'],
  ['an unknown claim', '010509000161', 'bad_claim'],
  ['a number that is longer than it need be', '010280000100', 'bad_number'],
  ['a sequence number over 32 bits', '0102ffffffffff7f', 'bad_number'],
  ['an incarnation at the limit', '010504ffffffffffff3f', 'bad_number'],
  ['an empty id', '01050400' + '00', 'bad_text'],
  ['a control character in an id', '0105040001' + '0a', 'bad_text'],
  ['an id longer than the rest', '0105040005' + '61', 'truncated'],
  ['metadata that is not UTF-8', '01050100' + '0161' + '0161' + '00' + '0101' + '00' + '0100' + 'ff', 'bad_text'],
  ['a version range upside down', '01050100' + '0161' + '0161' + '00' + '0201' + '00' + '0000', 'bad_claim'],
  ['a credential over its limit', '0108' + '016d' + 'ffff', 'oversize'],
] as const) {
  test(`refuses ${name}`, () => {
    assert.equal(codec.decode(Buffer.from(hex, 'hex')), reason);
  });
}

test('no garbage makes a core throw, and nothing refused changes its view', () => {
  const random = seededRandom(11);
  const observer = new Observer(['a', 'b', 'c']);
  const valid = MESSAGES.map((message) => codec.encode(message));
  const digestBefore = observer.core.viewDigest;
  let refused = 0;
  for (let round = 0; round < 100_000; round += 1) {
    const source = valid[Math.floor(random() * valid.length)] as Buffer;
    const bytes = random() < 0.3 ? Buffer.alloc(Math.floor(random() * 80)) : Buffer.from(source);
    const flips = 1 + Math.floor(random() * 4);
    for (let flip = 0; flip < flips && bytes.length > 0; flip += 1) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    const cut = random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
    const decoded = codec.decode(cut);
    if (typeof decoded !== 'string') continue;
    refused += 1;
    observer.step('a', cut);
  }
  assert.ok(refused > 20_000, `${refused}`);
  assert.equal(observer.core.viewDigest, digestBefore);
  const { refused: counters } = observer.core.counters;
  const counted = REFUSAL_REASONS.reduce((sum, reason) => sum + counters[reason], 0);
  assert.equal(counted, refused);
});

test('mutated messages that are still well formed do not make a core throw either', () => {
  const random = seededRandom(12);
  const observer = new Observer(['a', 'b', 'c']);
  const valid = MESSAGES.map((message) => codec.encode(message));
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(valid[Math.floor(random() * valid.length)] as Buffer);
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    observer.step(random() < 0.9 ? 'a' : 'stranger', bytes);
    observer.takeSent();
    if (round % 100 === 0) observer.run(10);
  }
  assert.equal(observer.core.status, 'active');
});
