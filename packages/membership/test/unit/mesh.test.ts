import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestMesh } from '../harness/mesh.ts';

test('nodes that join one seed see each other', () => {
  const mesh = new TestMesh();
  const cores = mesh.form(10);
  assert.deepEqual(
    cores.map(({ activeCount }) => activeCount),
    Array.from({ length: 10 }, () => 10),
  );
  mesh.run(10_000);
  assert.equal(new Set(cores.map(({ viewDigest }) => viewDigest)).size, 1);
  assert.equal(mesh.allEvents('member_suspected').length, 0);
});

test('a dead node is failed by every other within seconds, and by nobody twice', () => {
  const mesh = new TestMesh();
  mesh.form(10);
  mesh.node('n3').isUp = false;
  const others = [...mesh.nodes.keys()].filter((id) => id !== 'n3');
  const tookMs = mesh.runUntil(() => others.every((id) => mesh.core(id).get('n3')?.state === 'failed'), 10_000);
  mesh.run(60_000);
  for (const id of others) assert.equal(mesh.events(id, 'member_failed').length, 1);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
});
