import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { anyBytes, anyNumber, anyText, type FuzzedCodec, fuzzCodec, type SeededRandom } from '@peermesh/simulator';
import { type PeerMessage, PeerMessageSchema } from '../../../src/gen/peermesh/peerlink/v1/peerlink_pb.ts';

const INPUTS = 15_000;
const U64 = 2n ** 64n - 1n;

function sample(random: SeededRandom): Uint8Array {
  const cumulative = random.chance(0.1) ? U64 : BigInt(anyNumber(random, 2 ** 52));
  const value = anyBytes(random, 80);
  const contents: readonly (() => PeerMessage)[] = [
    () => create(PeerMessageSchema, { content: { case: 'handshake', value } }),
    () => create(PeerMessageSchema, { content: { case: 'batch', value } }),
    () => create(PeerMessageSchema, { content: { case: 'ack', value: { cumulative } } }),
    () => create(PeerMessageSchema, { content: { case: 'heartbeat', value: { isAnswer: random.chance(0.5) } } }),
    () => {
      const resumption = { token: anyText(random, 40), cumulativeAck: cumulative };
      return create(PeerMessageSchema, { content: { case: 'resumption', value: resumption } });
    },
    () => create(PeerMessageSchema, { content: { case: 'close', value: { reason: anyText(random, 40) } } }),
  ];
  return toBinary(PeerMessageSchema, random.pick(contents)());
}

/** The library refuses by throwing, which ends the stream; what it took it must be able to write. */
const PEER_MESSAGE: FuzzedCodec = {
  name: 'peer-message',
  isCanonical: false,
  sample,
  read(bytes) {
    let message: PeerMessage;
    try {
      message = fromBinary(PeerMessageSchema, bytes);
    } catch (error) {
      return { refused: error instanceof Error ? error.name : String(error) };
    }
    return { again: toBinary(PeerMessageSchema, message) };
  },
};

test(`of ${INPUTS} envelopes of PeerLink none is read beside its bytes, changed or taken for two things`, () => {
  const { inputs, accepted, refused } = fuzzCodec(PEER_MESSAGE, 1, INPUTS);
  assert.equal(inputs, INPUTS);
  assert.ok(accepted > INPUTS / 10 && refused > INPUTS / 50, `${accepted} accepted, ${refused} refused`);
});
