import { fuzzRaftFrames } from '@peermesh/consensus';
import { fuzzFrames } from '@peermesh/link';
import { Codec } from '@peermesh/membership';
import { decodeNeighbourWords, encodeNeighbourWords, type NeighbourWords } from '@peermesh/mesh-core';
import { decodeAcknowledgements, encodeAcknowledgements } from '@peermesh/overlay';
import {
  decodePlaneMessage,
  decodeState,
  encodePlaneMessage,
  encodeState,
  type PlaneMessage,
} from '@peermesh/replication';
import {
  decodeMessage,
  encodeAdvertisement,
  encodeMessage,
  parseSigned,
  SIGNATURE_BYTES,
  signAdvertisement,
} from '@peermesh/routing';
import type { SeededRandom } from '../random.ts';
import { commandBody, controlState, introduction } from './control-samples.ts';
import type { FuzzedCodec, FuzzTotals, Reading } from './fuzzed-codec.ts';
import { emptyFuzzTotals, fuzzCodec } from './fuzzer.ts';
import {
  acknowledgements,
  advertisement,
  anyNumber,
  anyText,
  gossipMessage,
  routingMessage,
  several,
} from './mesh-samples.ts';

/** Something that can be fuzzed from a seed. */
export interface FuzzTarget {
  readonly name: string;
  readonly summary: string;
  /** @throws Error that names the seed and the input */
  run(seed: number, inputs: number): FuzzTotals;
}

const U32 = 2 ** 32;
const REQUEST_ID = '0123456789abcdef0123456789abcdef';
const gossip = new Codec();
const signer = { sign: (): Uint8Array => new Uint8Array(SIGNATURE_BYTES).fill(7), verify: () => true };

const GOSSIP: FuzzedCodec = {
  name: 'gossip',
  isCanonical: false,
  sample: (random) => new Uint8Array(gossip.encode(gossipMessage(random))),
  read(bytes) {
    const message = gossip.decode(bytes);
    return typeof message === 'string' ? { refused: message } : { again: new Uint8Array(gossip.encode(message)) };
  },
};

const ADVERTISEMENT: FuzzedCodec = {
  name: 'advertisement',
  isCanonical: true,
  sample: (random) => signAdvertisement(advertisement(random), signer).bytes,
  read(bytes) {
    const parsed = parseSigned(bytes);
    if (typeof parsed === 'string') return { refused: parsed };
    return {
      again: new Uint8Array(
        Buffer.concat([encodeAdvertisement(parsed.advertisement), bytes.subarray(-SIGNATURE_BYTES)]),
      ),
    };
  },
};

const ROUTING: FuzzedCodec = {
  name: 'routing',
  isCanonical: true,
  sample: (random) => encodeMessage(routingMessage(random)),
  read(bytes) {
    const message = decodeMessage(bytes);
    return typeof message === 'string' ? { refused: message } : { again: encodeMessage(message) };
  },
};

const ACKNOWLEDGEMENTS: FuzzedCodec = {
  name: 'acknowledgements',
  isCanonical: true,
  sample: (random) => encodeAcknowledgements(acknowledgements(random)),
  read(bytes) {
    const list = decodeAcknowledgements(bytes);
    return list === null ? { refused: 'malformed' } : { again: encodeAcknowledgements(list) };
  },
};

function neighbourWords(random: SeededRandom): NeighbourWords {
  const [nonce, meshId, shortId] = [anyText(random, 32), anyText(random, 30), anyNumber(random, U32)];
  const contact = () => ({
    shortId: anyNumber(random, U32),
    nodeId: anyText(random, 43),
    address: anyText(random, 40),
    flags: anyNumber(random, 2 ** 16),
    region: anyNumber(random, U32),
    tenant: anyNumber(random, U32),
  });
  const kinds: readonly (() => NeighbourWords)[] = [
    () => ({ kind: 'join', nonce, meshId, introduction: introduction(random), secret: anyText(random, 60) }),
    () => ({
      kind: 'welcome',
      nonce,
      meshId,
      shortId,
      index: anyNumber(random, 2 ** 53),
      contacts: several(random, 6, contact),
    }),
    () => ({ kind: 'refusal', nonce, reason: anyText(random, 32) }),
    () => ({ kind: 'later', nonce }),
    () => ({ kind: 'doubt', shortId }),
    () => ({ kind: 'members', shortId, index: anyNumber(random, 2 ** 53), contacts: several(random, 6, contact) }),
    () => ({ kind: 'standing', shortId, standing: random.pick(['unknown', 'member', 'left', 'evicted'] as const) }),
  ];
  return random.pick(kinds)();
}

const NEIGHBOURS: FuzzedCodec = {
  name: 'join',
  isCanonical: false,
  sample: (random) => encodeNeighbourWords(neighbourWords(random)),
  read: (bytes) => readingOf(decodeNeighbourWords(bytes), encodeNeighbourWords),
};

function controlMessage(random: SeededRandom): PlaneMessage {
  const [requestId, index] = [REQUEST_ID, anyNumber(random, 2 ** 53)];
  const header = {
    requestId,
    basis: index,
    actor: anyNumber(random, U32),
    operator: anyText(random, 20),
    override: anyText(random, 20),
    atMs: anyNumber(random, 2 ** 53),
    health: random.pick(['HEALTHY', 'DEGRADED', 'CRITICAL'] as const),
  };
  const kinds: readonly (() => PlaneMessage)[] = [
    () => ({ kind: 'request', command: { header, body: commandBody(random) } }),
    () => ({
      kind: 'answer',
      requestId,
      index,
      outcome: random.pick(['done', 'mesh-critical', 'name-taken'] as const),
      value: index,
    }),
    () => ({ kind: 'declined', requestId, leader: anyNumber(random, U32) }),
    () => ({ kind: 'read', requestId }),
    () => ({ kind: 'readAnswer', requestId, index }),
    () => ({ kind: 'removed', why: random.pick(['left', 'evicted', 'replaced', 'revoked'] as const) }),
    () => ({ kind: 'position', requestId }),
    () => ({ kind: 'positionAnswer', requestId, term: index, index }),
  ];
  return random.chance(0.6) ? kinds[0]!() : random.pick(kinds)();
}

const CONTROL: FuzzedCodec = {
  name: 'control',
  isCanonical: false,
  sample: (random) => encodePlaneMessage(controlMessage(random)),
  read: (bytes) => readingOf(decodePlaneMessage(bytes), encodePlaneMessage),
};

const STATE: FuzzedCodec = {
  name: 'state',
  isCanonical: false,
  sample: controlState,
  read: (bytes) => readingOf(decodeState(bytes), encodeState),
};

function readingOf<T>(
  decoded: { readonly value: T } | { readonly fault: string },
  encode: (value: T) => Uint8Array,
): Reading {
  return 'fault' in decoded ? { refused: decoded.fault } : { again: encode(decoded.value) };
}

function fromReport({
  inputs,
  accepted,
  refused,
}: {
  inputs: number;
  accepted: number;
  refused: Readonly<Record<string, number>>;
}): FuzzTotals {
  const sum = Object.values(refused).reduce((total, count) => total + count, 0);
  return { ...emptyFuzzTotals(), inputs, accepted, refused: sum, reasons: { ...refused } };
}

const target = (codec: FuzzedCodec, summary: string): FuzzTarget => ({
  name: codec.name,
  summary,
  run: (seed, inputs) => fuzzCodec(codec, seed, inputs),
});

/** Every decoder of the pure packages that bytes of the network, or of a disk, reach. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'link',
    summary: 'HELLO, batches, frames, fragments',
    run: (seed, inputs) => fromReport(fuzzFrames(seed, inputs)),
  },
  {
    name: 'raft',
    summary: 'frames of the consensus host',
    run: (seed, inputs) => fromReport(fuzzRaftFrames(seed, inputs)),
  },
  target(GOSSIP, 'messages of membership'),
  target(ADVERTISEMENT, 'signed link-state advertisements'),
  target(ROUTING, 'messages between routing neighbours'),
  target(ACKNOWLEDGEMENTS, 'acknowledgements of end-to-end flows'),
  target(NEIGHBOURS, 'what newcomers and members say to neighbours: joins, welcomes, standings'),
  target(CONTROL, 'requests to the control group, and their answers'),
  target(STATE, 'snapshots of the control group'),
];

/** @throws RangeError for a name that is not there */
export function fuzzTargetNamed(name: string): FuzzTarget {
  const found = FUZZ_TARGETS.find((candidate) => candidate.name === name);
  if (found === undefined)
    throw new RangeError(
      `there is no codec ${name}: there are ${FUZZ_TARGETS.map((candidate) => candidate.name).join(', ')}`,
    );
  return found;
}
