import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeshCore } from '@peermesh/mesh-core';
import { MeshNet } from '../support/mesh-net.ts';

const OTHERS = ['a', 'b', 'd'];

test('a member that was away while all whom it knew came back under other ids finds them again', () => {
  const net = new MeshNet(['a', 'b', 'd', 'away']);
  assert.equal(net.seed('a').kind, 'done');
  for (const name of ['b', 'd']) assert.equal(net.join(name, ['a']).kind, 'done');
  net.until('three voters', () => net.voters.length === 3);
  assert.equal(net.join('away', ['a']).kind, 'done');
  // Before it votes: whoever has a vote cannot be left behind by so many removals.
  net.partition(['away'], OTHERS);
  const known = OTHERS.map((name) => net.shortId(name));
  for (const [at, name] of OTHERS.entries()) {
    const by = OTHERS[(at + 1) % OTHERS.length] as string;
    const { nodeId } = net.node(name);
    const shortId = net.shortId(name);
    const command = (body: Parameters<(typeof core)['command']>[0]) =>
      net.settle(by, (asked, nowMs) => asked.command(body, { operator: 'ada' }, nowMs)).kind;
    const { core } = net.node(by);
    assert.equal(command({ kind: 'evict', shortId, note: '' }), 'done');
    net.until(`${name} hears of it`, () => net.node(name).core.phase === 'idle');
    assert.equal(command({ kind: 'readmit', nodeId }), 'done');
    assert.equal(net.join(name, [by]).kind, 'done');
    net.until(`${name} votes`, () => net.voters.includes(net.shortId(name)));
  }
  assert.ok(OTHERS.every((name) => !known.includes(net.shortId(name))));
  const members = net.node('away').core.session?.plane.state.members;
  assert.ok(known.every((shortId) => members?.has(shortId)));
  net.heal();
  net.converge();
  assert.deepEqual(
    [...(net.node('away').core.session?.plane.state.members.keys() ?? [])].toSorted((one, other) => one - other),
    ['away', ...OTHERS].map((name) => net.shortId(name)).toSorted((one, other) => one - other),
  );
});

test('a member that hears at once of a removal and of the return under another id misses nobody', () => {
  const net = new MeshNet(['a', 'b', 'd', 'away']);
  net.form();
  net.kill('away');
  const { nodeId } = net.node('d');
  const former = net.shortId('d');
  const command = (body: Parameters<MeshCore['command']>[0]): string =>
    net.settle('a', (core, nowMs) => core.command(body, { operator: 'ada' }, nowMs)).kind;
  assert.equal(command({ kind: 'evict', shortId: former, note: '' }), 'done');
  net.until('d hears of it', () => net.node('d').core.phase === 'idle');
  assert.equal(command({ kind: 'readmit', nodeId }), 'done');
  assert.equal(net.join('d', ['a']).kind, 'done');
  net.restart('away');
  const plane = net.node('away').core.session?.plane;
  net.until('away hears of both', () => plane?.state.members.has(net.shortId('d')) === true);
  assert.equal(net.node('away').core.overlay?.membership?.get(nodeId)?.state, 'alive');
  net.run(10_000);
  assert.deepEqual(plane?.unreachable(net.nowMs), []);
});
