import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { suite, test } from 'node:test';
import {
  Feature,
  Handshake,
  type HandshakeStep,
  type Hello,
  linkEpochOf,
  type TranscriptProof,
} from '../../src/index.ts';

interface Node {
  readonly id: Uint8Array;
  readonly proof: TranscriptProof;
}

const keys = new Map<string, ReturnType<typeof generateKeyPairSync>['publicKey']>();

function createNode(): Node {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const id = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
  keys.set(Buffer.from(id).toString('hex'), publicKey);
  const proof: TranscriptProof = {
    sign: (statement) => sign(null, statement, privateKey),
    verify: (nodeId, statement, given) => {
      const key = keys.get(Buffer.from(nodeId).toString('hex'));
      return key !== undefined && verify(null, statement, key, given);
    },
  };
  return { id, proof };
}

const A = createNode();
const B = createNode();
const NO_BINDING = new Uint8Array(0);

function helloOf(node: Node, role: Hello['role'], members: Partial<Hello> = {}): Hello {
  return {
    versionMin: 1,
    versionMax: 1,
    features: 7,
    lane: 2,
    role,
    incarnation: 77,
    creditBytes: [1, 2, 3],
    nodeId: node.id,
    nonce: randomBytes(16),
    ...members,
  };
}

interface Outcome {
  readonly initiator: HandshakeStep;
  readonly responder: HandshakeStep;
}

type Tamper = (bytes: Uint8Array, from: 'initiator' | 'responder', message: number) => Uint8Array;

/** Both sides of a handshake over a wire that may alter what is said. */
function run(one: Handshake, two: Handshake, tamper: Tamper = (bytes) => bytes): Outcome {
  const toTwo = two.receive(tamper(one.hello.slice(), 'initiator', 0));
  const toOne = one.receive(tamper(two.hello.slice(), 'responder', 0));
  const responder = toOne.kind === 'send' ? two.receive(tamper(toOne.bytes, 'initiator', 1)) : toTwo;
  const initiator = toTwo.kind === 'send' ? one.receive(tamper(toTwo.bytes, 'responder', 1)) : toOne;
  return { initiator, responder };
}

function between(one: Partial<Hello>, two: Partial<Hello>, tamper?: Tamper): Outcome {
  return run(
    new Handshake(helloOf(A, 'initiator', one), A.proof, NO_BINDING),
    new Handshake(helloOf(B, 'responder', two), B.proof, NO_BINDING),
    tamper,
  );
}

suite('handshake', () => {
  test('both sides agree on version, features, epoch and transcript', () => {
    const { initiator, responder } = between({}, { features: Feature.striping | 0x8000_0000 });
    assert.ok(initiator.kind === 'established' && responder.kind === 'established');
    assert.equal(initiator.link.features, Feature.striping);
    assert.equal(initiator.link.linkEpoch, responder.link.linkEpoch);
    assert.deepEqual(initiator.link.transcript, responder.link.transcript);
    assert.deepEqual(initiator.link.remote.nodeId, B.id);
    assert.deepEqual(responder.link.remote.creditBytes, [1, 2, 3]);
  });

  const mixed: readonly (readonly [number, number, number, number, number | null])[] = [
    [1, 1, 1, 3, 1],
    [1, 3, 2, 2, 2],
    [1, 2, 1, 9, 2],
    [2, 5, 1, 4, 4],
    [1, 1, 2, 3, null],
    [4, 9, 1, 3, null],
  ];
  for (const [minA, maxA, minB, maxB, version] of mixed) {
    test(`versions ${minA}-${maxA} and ${minB}-${maxB} speak ${version ?? 'not at all'}`, () => {
      const { initiator, responder } = between(
        { versionMin: minA, versionMax: maxA },
        { versionMin: minB, versionMax: maxB },
      );
      for (const side of [initiator, responder]) {
        if (version === null) assert.deepEqual(side, { kind: 'refused', reason: 'no_common_version' });
        else assert.ok(side.kind === 'established' && side.link.version === version);
      }
    });
  }

  test('a longer HELLO of a later version is understood', () => {
    const responder = new Handshake(helloOf(B, 'responder'), B.proof, NO_BINDING);
    const initiator = new Handshake(helloOf(A, 'initiator'), A.proof, NO_BINDING);
    const longer = new Uint8Array(100);
    longer.set(initiator.hello);
    longer[4] = 100;
    assert.equal(responder.receive(longer).kind, 'send');
  });

  for (const [what, at, value] of [
    ['highest version', 7, 1],
    ['features', 8, 1],
    ['nonce', 70, 0],
    ['credit', 20, 200],
  ] as const) {
    test(`a HELLO whose ${what} was changed on the way is found out by both`, () => {
      const { initiator, responder } = between({ versionMax: 3 }, { versionMax: 3 }, (bytes, from, message) => {
        if (from === 'initiator' && message === 0) bytes[at] = bytes[at] === value ? value + 1 : value;
        return bytes;
      });
      assert.deepEqual(initiator, { kind: 'refused', reason: 'downgrade' });
      assert.deepEqual(responder, { kind: 'refused', reason: 'downgrade' });
    });
  }

  test('who rewrites the CONFIRM to hide a downgrade lacks the key for its proof', () => {
    const attacker = createNode();
    const { initiator } = between({}, {}, (bytes, from, message) => {
      if (from === 'responder' && message === 1) bytes.set(attacker.proof.sign(new Uint8Array(40)), 44);
      return bytes;
    });
    assert.deepEqual(initiator, { kind: 'refused', reason: 'bad_proof' });
  });

  test('a CONFIRM sent back to its sender proves nothing', () => {
    const initiator = new Handshake(helloOf(A, 'initiator'), A.proof, NO_BINDING);
    const step = initiator.receive(new Handshake(helloOf(B, 'responder'), B.proof, NO_BINDING).hello);
    assert.ok(step.kind === 'send');
    assert.deepEqual(initiator.receive(step.bytes), { kind: 'refused', reason: 'bad_proof' });
  });

  test('another TLS channel under the same HELLOs is found out', () => {
    const one = new Handshake(helloOf(A, 'initiator'), A.proof, Buffer.from('channel 1'));
    const two = new Handshake(helloOf(B, 'responder'), B.proof, Buffer.from('channel 2'));
    assert.deepEqual(run(one, two).initiator, { kind: 'refused', reason: 'downgrade' });
  });

  test('malformed and unfitting HELLOs are refused with the reason', () => {
    const good = new Handshake(helloOf(A, 'initiator'), A.proof, NO_BINDING).hello;
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const copy = good.slice();
      copy.set(values, at);
      return copy;
    };
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [good.subarray(0, 79), 'truncated'],
      [new Uint8Array(0), 'truncated'],
      [new Uint8Array(513), 'oversize'],
      [changed(0, 1), 'bad_magic'],
      [changed(4, 81), 'truncated'],
      [changed(6, 0), 'bad_version_range'],
      [changed(6, 3, 2), 'bad_version_range'],
      [changed(12, 16), 'bad_lane'],
      [changed(12, 3), 'lane_mismatch'],
      [changed(13, 1), 'same_role'],
      [changed(32, ...B.id), 'same_node'],
    ];
    for (const [bytes, reason] of cases) {
      const handshake = new Handshake(helloOf(B, 'responder'), B.proof, NO_BINDING);
      assert.deepEqual(handshake.receive(bytes), { kind: 'refused', reason });
      assert.deepEqual(handshake.receive(good), { kind: 'refused', reason: 'unexpected' });
    }
  });

  test('the link epoch is the same from both sides and another after a restart', () => {
    const a = { nodeId: A.id, incarnation: 1 };
    const b = { nodeId: B.id, incarnation: 2 };
    assert.equal(linkEpochOf(a, b), linkEpochOf(b, a));
    assert.notEqual(linkEpochOf(a, b), linkEpochOf({ ...a, incarnation: 2 }, b));
  });
});
