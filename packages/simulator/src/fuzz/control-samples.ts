import { type CommandBody, ControlGroup, encodeCommand, type NodeIntroduction } from '@peermesh/replication';
import { SeededRandom } from '../random.ts';
import { anyBytes, anyNumber, anyText, several } from './mesh-samples.ts';

const U32 = 2 ** 32;
const NUMBERS = Number.MAX_SAFE_INTEGER;
const POOL_SIZE = 24;
const STEPS_MAX = 40;

export function introduction(random: SeededRandom, name = anyText(random, 30)): NodeIntroduction {
  return {
    name,
    address: anyText(random, 40),
    isInbound: random.chance(0.5),
    isRelay: random.chance(0.5),
    region: anyText(random, 10),
    tenant: anyText(random, 10),
    labels: several(random, 3, () => ({
      key: anyText(random, 10),
      value: random.chance(0.2) ? 'größe' : anyText(random, 20),
    })),
    volumeId: anyText(random, 20),
    sealingKey: anyBytes(random, 64),
    certificate: anyText(random, 20),
  };
}

const joinKey = (random: SeededRandom): { id: string; hash: string; expiresAtMs: number; usesMax: number } => ({
  id: `k${anyText(random, 10)}`,
  hash: anyText(random, 40),
  expiresAtMs: anyNumber(random, NUMBERS),
  usesMax: anyNumber(random, NUMBERS),
});

/** Any command of the control group, whether or not it makes sense. */
export function commandBody(random: SeededRandom): CommandBody {
  const shortId = anyNumber(random, U32);
  const [name, note, nodeId] = [anyText(random, 30), anyText(random, 60), anyText(random, 43)];
  const epoch = anyNumber(random, NUMBERS);
  const wrapped = (): { shortId: number; wrapped: Uint8Array } => ({
    shortId: anyNumber(random, U32),
    wrapped: anyBytes(random, 80),
  });
  const bodies: readonly (() => CommandBody)[] = [
    () => ({
      kind: 'create',
      meshId: name,
      policy: 'CLOSED',
      nodeId,
      founder: introduction(random),
      joinKeys: several(random, 3, () => joinKey(random)),
    }),
    () => ({ kind: 'admit', meshId: name, nodeId, introduction: introduction(random), keyHash: anyText(random, 40) }),
    () => ({ kind: 'leave', shortId }),
    () => ({ kind: 'evict', shortId, note }),
    () => ({ kind: 'readmit', nodeId }),
    () => ({ kind: 'describe', shortId, description: introduction(random) }),
    () => ({ kind: 'drain', shortId, isDraining: random.chance(0.5) }),
    () => ({ kind: 'rotateCertificate', shortId, certificate: note, expectedVersion: epoch }),
    () => ({ kind: 'revokeIdentity', nodeId, note }),
    () => ({ kind: 'revokeCertificate', certificate: note, note }),
    () => ({
      kind: 'set',
      space: random.pick(['configuration', 'parameter'] as const),
      key: name,
      value: random.chance(0.3) ? null : note,
      expectedVersion: epoch,
    }),
    () => ({
      kind: 'setPolicy',
      policy: random.pick(['OPEN', 'KEY_REQUIRED', 'CLOSED'] as const),
      expectedVersion: epoch,
    }),
    () => ({ kind: 'addJoinKey', key: joinKey(random) }),
    () => ({ kind: 'removeJoinKey', id: name }),
    () => ({ kind: 'list', nodeId, isListed: random.chance(0.5), note }),
    () => ({ kind: 'installKeys', epoch, keys: several(random, 4, wrapped) }),
    () => ({ kind: 'grantKey', epoch, ...wrapped() }),
  ];
  return random.pick(bodies)();
}

/** The state of a control group that has applied commands; a pool that is the same for every run. */
export function controlState(random: SeededRandom): Uint8Array {
  pool ??= Array.from({ length: POOL_SIZE }, (_, seed) => drawState(new SeededRandom(seed)));
  return random.pick(pool).slice();
}

let pool: Uint8Array[] | undefined;

function drawState(random: SeededRandom): Uint8Array {
  const group = new ControlGroup();
  const steps = random.integer(STEPS_MAX);
  for (let index = 1; index <= steps; index += 1) {
    const header = {
      requestId: index.toString(16).padStart(32, '0'),
      basis: 0,
      actor: index === 1 ? 0 : 1,
      operator: random.chance(0.5) ? 'ada' : '',
      override: '',
      atMs: index,
      health: 'HEALTHY',
    } as const;
    group.apply(index, encodeCommand({ header, body: sensible(random, index) }));
  }
  return group.snapshot();
}

function sensible(random: SeededRandom, index: number): CommandBody {
  const founder = { ...introduction(random, `node-${index}`), labels: [], volumeId: `volume-${index}` };
  if (index === 1) return { kind: 'create', meshId: 'm', policy: 'OPEN', nodeId: 'key-1', founder, joinKeys: [] };
  if (random.chance(0.5))
    return { kind: 'admit', meshId: 'm', nodeId: `key-${index}`, introduction: founder, keyHash: '' };
  return commandBody(random);
}
