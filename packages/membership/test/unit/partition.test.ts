import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestMesh } from '../harness/mesh.ts';

function isConverged(mesh: TestMesh): boolean {
  const cores = [...mesh.nodes.values()].map(({ core }) => core);
  return cores.every((core) => core.activeCount === cores.length && core.viewDigest === cores[0]?.viewDigest);
}

/** Splits, waits until both sides gave each other up, heals. @returns the time to one view after healing. */
function splitAndHeal(mesh: TestMesh, sideOf: (id: string) => number, splitMs: number): number {
  mesh.passes = (from, to) => sideOf(from) === sideOf(to);
  mesh.run(splitMs);
  for (const [id, { core }] of mesh.nodes) {
    for (const member of core.members()) {
      const expected = sideOf(member.id) === sideOf(id) ? 'alive' : 'failed';
      assert.equal(member.state, expected, `${id} sees ${member.id}`);
    }
  }
  mesh.passes = () => true;
  return mesh.runUntil(() => isConverged(mesh), 60_000);
}

for (const [name, splitMs] of [
  ['a minute', 60_000],
  ['six hours', 6 * 3_600_000],
] as const) {
  test(`two halves that were apart for ${name} are one mesh again within 60 s`, () => {
    const mesh = new TestMesh(3);
    mesh.form(10);
    splitAndHeal(mesh, (id) => Number(id.slice(1)) % 2, splitMs);
  });
}

test('one node that was alone comes back without an operator', () => {
  const mesh = new TestMesh(4);
  mesh.form(12);
  splitAndHeal(mesh, (id) => (id === 'n7' ? 1 : 0), 600_000);
});

test('three parts find together', () => {
  const mesh = new TestMesh(5);
  mesh.form(12);
  splitAndHeal(mesh, (id) => Number(id.slice(1)) % 3, 120_000);
});

test('a node that joined one side during the split is known to both afterwards', () => {
  const mesh = new TestMesh(6);
  mesh.form(8);
  const sideOf = (id: string): number => (id === 'late' ? 1 : Number(id.slice(1)) % 2);
  mesh.passes = (from, to) => sideOf(from) === sideOf(to);
  mesh.run(30_000);
  mesh.add('late');
  mesh.join('late', 'n1');
  mesh.run(30_000);
  mesh.passes = () => true;
  mesh.runUntil(() => isConverged(mesh), 60_000);
});

test('islands that grew around different seeds after everybody restarted find together', () => {
  const mesh = new TestMesh(9);
  for (let index = 0; index < 6; index += 1) mesh.add(`n${index}`);
  mesh.passes = (from, to) => Number(from.slice(1)) % 2 === Number(to.slice(1)) % 2;
  for (const id of ['n2', 'n4']) mesh.join(id, 'n0', 'n1');
  for (const id of ['n3', 'n5']) mesh.join(id, 'n0', 'n1');
  mesh.run(60_000);
  assert.equal(mesh.core('n4').activeCount, 3);
  assert.deepEqual(mesh.core('n4').get('n1'), undefined);
  mesh.passes = () => true;
  mesh.runUntil(() => isConverged(mesh), 60_000);
});

test('what was heard from the other side of a cut accuses nobody who is alive', () => {
  const mesh = new TestMesh(8);
  mesh.form(10);
  const sideOf = (id: string): number => Number(id.slice(1)) % 2;
  mesh.passes = (from, to) => sideOf(from) === sideOf(to);
  mesh.run(120_000);
  for (const node of mesh.nodes.values()) node.events.length = 0;
  mesh.passes = () => true;
  mesh.run(60_000);
  assert.deepEqual(mesh.allEvents('member_failed'), []);
  assert.deepEqual(mesh.allEvents('member_suspected'), []);
});
