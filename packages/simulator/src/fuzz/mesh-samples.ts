import type { Claim, Message } from '@peermesh/membership';
import type { Acknowledgement } from '@peermesh/overlay';
import type { AdvertisedLink, Advertisement, RoutingMessage, VersionedOrigin } from '@peermesh/routing';
import type { SeededRandom } from '../random.ts';

const U32 = 2 ** 32;
const CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-_.:/';

/** Numbers of every length, the ends of the range among them. */
export function anyNumber(random: SeededRandom, below: number): number {
  if (random.chance(0.1)) return random.pick([0, below - 1]);
  return random.integer(Math.min(below, 2 ** (1 + random.integer(52))));
}

export function anyText(random: SeededRandom, lengthMax: number): string {
  return Array.from(
    { length: random.integer(lengthMax + 1) },
    () => CHARACTERS[random.integer(CHARACTERS.length)],
  ).join('');
}

export function anyBytes(random: SeededRandom, lengthMax: number): Uint8Array {
  return Uint8Array.from({ length: random.integer(lengthMax + 1) }, () => random.integer(256));
}

export function several<T>(random: SeededRandom, countMax: number, make: () => T): T[] {
  return Array.from({ length: random.integer(countMax + 1) }, make);
}

const id = (random: SeededRandom): string => `n${anyText(random, 20)}`;

function claim(random: SeededRandom): Claim {
  const incarnation = anyNumber(random, 2 ** 48 - 1);
  const kind = random.pick(['alive', 'suspect', 'failed', 'left'] as const);
  if (kind === 'left') return { kind, incarnation, id: id(random) };
  if (kind !== 'alive') return { kind, incarnation, id: id(random), by: id(random) };
  const record = {
    id: id(random),
    address: id(random),
    identity: anyText(random, 20),
    metadataVersion: anyNumber(random, U32),
    metadata: random.chance(0.3) ? 'zöne=ß' : anyText(random, 30),
    versionMin: 1,
    versionMax: 1 + random.integer(5),
  };
  return { kind, incarnation, record };
}

/** A message of the membership protocol. */
export function gossipMessage(random: SeededRandom): Message {
  const claims = several(random, 4, () => claim(random));
  const sequence = anyNumber(random, U32);
  const digests = (): Uint32Array => Uint32Array.from({ length: 64 }, () => anyNumber(random, U32));
  const type = random.pick([
    'ping',
    'ping_request',
    'ack',
    'nack',
    'gossip',
    'sync_request',
    'sync_state',
    'join',
    'join_accepted',
    'join_refused',
  ] as const);
  switch (type) {
    case 'ping':
    case 'ping_request':
      return { type, sequence, target: id(random), claims };
    case 'ack':
    case 'nack':
      return { type, sequence, claims };
    case 'gossip':
      return { type, claims };
    case 'sync_request':
      return { type, digests: digests(), claims };
    case 'sync_state':
      return { type, isReply: random.chance(0.5), digests: digests(), claims };
    case 'join':
      return { type, meshId: id(random), credential: anyBytes(random, 40), claims };
    case 'join_accepted':
      return { type, meshId: id(random), claims };
    default:
      return { type, reason: random.pick(['wrong_mesh', 'bad_key', 'closed', 'full'] as const), claims };
  }
}

const version = (random: SeededRandom): { epoch: number; seq: number } => ({
  epoch: anyNumber(random, U32),
  seq: anyNumber(random, U32),
});

function advertisedLink(random: SeededRandom, peer: number): AdvertisedLink {
  const riskGroups = [...new Set(several(random, 3, () => anyNumber(random, U32)))].sort((a, b) => a - b);
  return {
    peer,
    linkId: anyNumber(random, U32),
    latencyUs: anyNumber(random, U32),
    jitterUs: anyNumber(random, U32),
    lossPpm: anyNumber(random, U32),
    spareKbps: anyNumber(random, U32),
    penalty: anyNumber(random, U32),
    weight: anyNumber(random, 2 ** 16),
    riskGroups,
  };
}

/** A link-state advertisement, not signed. */
export function advertisement(random: SeededRandom): Advertisement {
  const peers = [...new Set(several(random, 6, () => anyNumber(random, U32)))].sort((a, b) => a - b);
  return {
    origin: anyNumber(random, U32),
    version: version(random),
    flags: random.integer(256),
    region: anyNumber(random, U32),
    tenant: anyNumber(random, U32),
    lifetimeMs: anyNumber(random, U32),
    links: peers.map((peer) => advertisedLink(random, peer)),
  };
}

/** A message between routing neighbours. */
export function routingMessage(random: SeededRandom): RoutingMessage {
  const entries = (): VersionedOrigin[] =>
    several(random, 6, () => ({ origin: anyNumber(random, U32), version: version(random) }));
  const kind = random.pick(['update', 'ack', 'digest', 'summary', 'request'] as const);
  switch (kind) {
    case 'update':
      return { kind, advertisements: several(random, 3, () => anyBytes(random, 120)) };
    case 'ack':
      return { kind, entries: entries() };
    case 'digest':
      return { kind, sums: Uint32Array.from({ length: 128 }, () => anyNumber(random, U32)) };
    case 'summary':
      return { kind, buckets: several(random, 6, () => random.integer(256)), entries: entries() };
    default:
      return { kind, origins: several(random, 9, () => anyNumber(random, U32)) };
  }
}

/** Acknowledgements of end-to-end flows; at least one. */
export function acknowledgements(random: SeededRandom): Acknowledgement[] {
  const one = (): Acknowledgement => ({
    flow: anyNumber(random, U32),
    senderEpoch: anyNumber(random, U32),
    generation: anyNumber(random, U32),
    receiverEpoch: anyNumber(random, U32),
    taken: anyNumber(random, U32),
    gapEnd: anyNumber(random, U32),
    creditBytes: anyNumber(random, U32),
  });
  return [one(), ...several(random, 5, one)];
}
