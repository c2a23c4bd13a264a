import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type CommandBody, ControlGroup, controlStateFlaws, decodeState, joinKeyHash } from '@peermesh/replication';
import { admission, introduction, TestGroup } from '../support/commands.ts';

const SEEDS = 60;
const COMMANDS = 250;

test('under any commands the rules hold, and snapshot plus the rest of the log is the whole log, byte for byte', () => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = generator(seed);
    const mesh = new TestGroup();
    const cut = Math.floor(random() * COMMANDS);
    let snapshot = mesh.group.snapshot();
    for (let n = 0; n < COMMANDS; n += 1) {
      if (n === cut) snapshot = mesh.group.snapshot();
      const health = random() < 0.05 ? 'CRITICAL' : 'HEALTHY';
      const operator = random() < 0.5 ? 'op' : '';
      const override = random() < 0.5 ? 'why' : '';
      const header = {
        actor: Math.floor(random() * 6),
        atMs: Math.floor(random() * 9_000),
        health,
        operator,
        override,
      } as const;
      const { result } = mesh.run(anyBody(random, n), header);
      outcomes.set(result.isDone ? 'done' : result.reason, 1);
      assert.deepEqual(controlStateFlaws(mesh.group.state), [], `seed ${seed}, command ${n}`);
    }
    const replica = new ControlGroup();
    replica.restore(snapshot);
    for (let n = cut; n < COMMANDS; n += 1) replica.apply(n + 1, mesh.log[n] as Uint8Array);
    assert.equal(hash(replica.snapshot()), hash(mesh.group.snapshot()), `seed ${seed}, snapshot before command ${cut}`);
  }
  // The generator reaches nearly everything that a command can come to.
  assert.ok(outcomes.size >= 18, [...outcomes.keys()].join(' '));
});

test('a damaged snapshot is refused or read, and never throws', () => {
  const mesh = new TestGroup();
  const random = generator(7);
  for (let n = 0; n < 80; n += 1) mesh.run(anyBody(random, n), { operator: 'op' });
  const good = mesh.group.snapshot();
  for (let length = 0; length < good.length; length += 7) assert.ok('fault' in decodeState(good.subarray(0, length)));
  for (let n = 0; n < 3_000; n += 1) {
    const bad = good.slice();
    bad[Math.floor(random() * bad.length)] = Math.floor(random() * 256);
    decodeState(bad);
  }
});

function anyBody(random: () => number, n: number): CommandBody {
  const pick = (count: number): number => Math.floor(random() * count);
  const name = `n${pick(8)}`;
  const shortId = pick(12);
  const note = '';
  const nodeId = `key-${name}`;
  if (n === 0 || random() < 0.02)
    return { kind: 'create', meshId: 'm', policy: 'OPEN', nodeId, founder: introduction(name), joinKeys: [] };
  const volumeId = random() < 0.9 ? `volume-${name}` : `volume-n${pick(9)}`;
  switch (pick(17)) {
    case 0:
      return { kind: 'leave', shortId };
    case 1:
      return { kind: 'evict', shortId, note };
    case 2:
      return { kind: 'readmit', nodeId };
    case 3:
      return { kind: 'describe', shortId, description: { ...introduction(name), region: `r${pick(3)}` } };
    case 4:
      return { kind: 'drain', shortId, isDraining: random() < 0.5 };
    case 5:
      return { kind: 'rotateCertificate', shortId, certificate: `c${pick(4)}`, expectedVersion: pick(3) };
    case 6:
      return random() < 0.1
        ? { kind: 'revokeIdentity', nodeId, note }
        : { kind: 'revokeCertificate', certificate: `c${pick(40)}`, note };
    case 7:
      return {
        kind: 'set',
        space: 'parameter',
        key: `p${pick(2)}`,
        value: random() < 0.3 ? null : 'v',
        expectedVersion: pick(4),
      };
    case 8: {
      const policy = (['OPEN', 'KEY_REQUIRED', 'CLOSED'] as const)[pick(3)] ?? 'OPEN';
      return { kind: 'setPolicy', policy, expectedVersion: pick(20) };
    }
    case 9:
      return {
        kind: 'addJoinKey',
        key: { id: `k${pick(2)}`, hash: joinKeyHash('m', 's'), expiresAtMs: pick(2) * 8_000, usesMax: pick(3) },
      };
    case 10:
      return { kind: 'removeJoinKey', id: `k${pick(2)}` };
    case 11:
      return { kind: 'list', nodeId, isListed: random() < 0.5, note };
    case 12: {
      const keys = Array.from({ length: pick(4) }, (_, index) => ({
        shortId: index + 1,
        wrapped: Uint8Array.of(index),
      }));
      return { kind: 'installKeys', epoch: pick(3), keys };
    }
    case 13:
      return { kind: 'grantKey', epoch: pick(3), shortId, wrapped: Uint8Array.of(1) };
    default:
      return admission(name, { volumeId }, random() < 0.5 ? joinKeyHash('m', 's') : '');
  }
}

function hash(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
