import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestMesh } from '../../support/mesh.ts';
import { integerBetween } from '../../support/random.ts';

const SEEDS = 6;

function randomMesh(seed: number, nodes: number): TestMesh {
  const mesh = new TestMesh(seed);
  for (let id = 1; id <= nodes; id += 1) mesh.addNode(id);
  for (let id = 2; id <= nodes; id += 1) {
    mesh.connect(id, integerBetween(mesh.random, 1, id - 1), integerBetween(mesh.random, 1_000, 80_000));
  }
  for (let extra = 0; extra < nodes; extra += 1) {
    const [a, b] = [integerBetween(mesh.random, 1, nodes), integerBetween(mesh.random, 1, nodes)];
    if (a !== b) mesh.connect(a, b, integerBetween(mesh.random, 1_000, 80_000));
  }
  return mesh;
}

/** Latency of the best way over the links that are really up, by relaxation. */
function trueLatencies(mesh: TestMesh, from: number): Map<number, number> {
  const best = new Map([[from, 0]]);
  for (let round = 0; round < mesh.nodes.size; round += 1) {
    for (const [a, b] of mesh.links()) {
      for (const [tail, head] of [
        [a, b],
        [b, a],
      ] as const) {
        const reached = (best.get(tail) ?? Number.POSITIVE_INFINITY) + mesh.latencyUs(a, b);
        if (reached < (best.get(head) ?? Number.POSITIVE_INFINITY)) best.set(head, reached);
      }
    }
  }
  return best;
}

/** Where a frame ends up: strict source route, one local repair on the way. */
function deliver(mesh: TestMesh, from: number, to: number): { at: number; repairs: number } | undefined {
  const planned = mesh.table(from).pathTo(to, 0);
  if (!planned) return undefined;
  let left = [...planned.segments];
  let at = from;
  let repairs = 0;
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    if (mesh.isLinkUp(at, next)) {
      at = next;
      continue;
    }
    const detour = repairs === 0 ? mesh.table(at).detour(next, to) : undefined;
    if (!detour) break;
    repairs += 1;
    left = [...detour.segments];
  }
  return { at, repairs };
}

/** Every node reaches exactly what is connected to it, over links that are up. */
function assertAllRoutesWork(mesh: TestMesh, hint: string, repairsMax = 0): void {
  for (const from of mesh.nodes.keys()) {
    const inReach = trueLatencies(mesh, from);
    for (const to of mesh.nodes.keys()) {
      if (to === from) continue;
      const found = deliver(mesh, from, to);
      if (!inReach.has(to)) {
        if (repairsMax === 0) assert.equal(found, undefined, `${hint}: ${from} to ${to} is out of reach`);
        continue;
      }
      assert.equal(found?.at, to, `${hint}: ${from} to ${to}`);
      assert.ok(found.repairs <= repairsMax, `${hint}: ${from} to ${to} took ${found.repairs} repairs`);
    }
  }
}

test('databases become equal and routes right under 20 % loss, repetition and reordering', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const mesh = randomMesh(
      seed,
      integerBetween(() => seed / (SEEDS + 1), 5, 40),
    );
    mesh.faults = { loss: 0.2, duplication: 0.2, delayMaxMs: 300 };
    const tookMs = mesh.runUntil(
      () => mesh.hasEqualDatabases() && mesh.router(1).versions().length === mesh.nodes.size,
      60_000,
    );
    assert.ok(tookMs <= 60_000, `seed ${seed}: not converged`);
    mesh.run(20_000);
    assertAllRoutesWork(mesh, `seed ${seed}`);
  }
});

test('both sides of a partition keep routing inside, and meet again within a minute of its end', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const mesh = randomMesh(seed, 20);
    mesh.run(30_000);
    const isLeft = (id: number): boolean => id % 2 === 0;
    const crossing = mesh.links().filter(([a, b]) => isLeft(a) !== isLeft(b));
    mesh.faults = { loss: 0.1, duplication: 0.1, delayMaxMs: 200 };
    for (const [a, b] of crossing) mesh.cut(a, b);
    mesh.run(integerBetween(mesh.random, 30_000, 400_000));
    assertAllRoutesWork(mesh, `seed ${seed}, parted`);
    for (const [a, b] of crossing) mesh.connect(a, b);
    const tookMs = mesh.runUntil(() => mesh.hasEqualDatabases(), 60_000);
    assert.ok(tookMs <= 60_000, `seed ${seed}: ${tookMs}`);
    mesh.run(20_000);
    assertAllRoutesWork(mesh, `seed ${seed}, healed`);
  }
});

test('after a lost link every destination that is still connected is in reach within 400 ms of the cut', () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const mesh = randomMesh(seed, 25);
    mesh.run(30_000);
    const links = mesh.links();
    const [a, b] = links[integerBetween(mesh.random, 0, links.length - 1)]!;
    mesh.cut(a, b);
    mesh.run(305);
    assertAllRoutesWork(mesh, `seed ${seed}: ${a}-${b}, just noticed`, 1);
    mesh.run(95);
    assertAllRoutesWork(mesh, `seed ${seed}: ${a}-${b}`);
  }
});

test('a node that restarts without its disk is believed again, and its old words are not', () => {
  const mesh = randomMesh(7, 8);
  mesh.run(30_000);
  mesh.input(3, (router) => router.setFlags(mesh.nowMs, 2 | 8));
  mesh.run(5_000);
  const peers = mesh.links().filter((link) => link.includes(3));
  mesh.removeNode(3);
  mesh.run(2_000);
  mesh.addNode(3, 1);
  for (const [a, b] of peers) mesh.connect(a, b);
  assert.ok(mesh.runUntil(() => mesh.hasEqualDatabases(), 60_000) <= 60_000);
  mesh.run(20_000);
  assertAllRoutesWork(mesh, 'restarted');
});

test('a node that leaves is gone at once, one that dies is gone with its links and forgotten after its lifetime', () => {
  const mesh = randomMesh(9, 12);
  mesh.run(30_000);
  mesh.input(5, (router) => router.leave(mesh.nowMs));
  mesh.run(300);
  for (const id of mesh.nodes.keys()) if (id !== 5) assert.equal(mesh.table(id).pathTo(5, 0), undefined, `${id}`);
  mesh.removeNode(5);
  mesh.removeNode(6);
  mesh.run(400);
  assertAllRoutesWork(mesh, 'after both', 1);
  mesh.run(250_000);
  assert.equal(
    mesh
      .router(1)
      .versions()
      .some(([origin]) => origin === 5 || origin === 6),
    false,
  );
});

test('nothing goes through a draining node, and it stays in reach itself', () => {
  const mesh = randomMesh(11, 20);
  mesh.run(30_000);
  mesh.input(1, (router) => router.setFlags(mesh.nowMs, 2 | 4));
  mesh.run(1_000);
  for (const from of mesh.nodes.keys()) {
    for (const to of mesh.nodes.keys()) {
      if (from === to) continue;
      const relays = mesh.table(from).pathTo(to, 7)?.segments.slice(0, -1) ?? [];
      assert.ok(!relays.includes(1), `${from} to ${to}`);
    }
    if (from !== 1) assert.ok(mesh.table(from).pathTo(1, 0), `${from} to 1`);
  }
});

test('a removed member is forgotten at once and cannot come back by itself', () => {
  const mesh = randomMesh(13, 10);
  mesh.run(30_000);
  mesh.members.delete(4);
  for (const id of mesh.nodes.keys()) mesh.input(id, (router) => router.membersChanged(mesh.nowMs));
  mesh.run(120_000);
  for (const id of mesh.nodes.keys()) {
    if (id === 4) continue;
    assert.equal(
      mesh
        .router(id)
        .versions()
        .some(([origin]) => origin === 4),
      false,
      `${id}`,
    );
    assert.equal(mesh.table(id).pathTo(4, 0), undefined, `${id}`);
  }
});

test('a newcomer that was refused before its admission was known is asked for when it is', () => {
  const mesh = randomMesh(19, 10);
  mesh.run(30_000);
  const newcomer = 50;
  const known = new Set(mesh.members);
  mesh.addNode(newcomer);
  mesh.members.delete(newcomer);
  mesh.connect(newcomer, 1);
  mesh.run(10_000);
  for (const id of known) assert.equal(mesh.table(id).pathTo(newcomer, 0), undefined, `${id}`);
  mesh.members.add(newcomer);
  for (const id of mesh.nodes.keys()) mesh.input(id, (router) => router.membersChanged(mesh.nowMs));
  mesh.run(200);
  assert.ok(mesh.hasEqualDatabases());
  mesh.run(6_000);
  assertAllRoutesWork(mesh, 'admitted');
});

test('a member that was away from the membership, and knew it, tells of itself when it is back', () => {
  const mesh = randomMesh(13, 10);
  mesh.run(30_000);
  const tellAll = (): void => {
    for (const id of mesh.nodes.keys()) mesh.input(id, (router) => router.membersChanged(mesh.nowMs));
  };
  mesh.members.delete(4);
  tellAll();
  mesh.run(3_000);
  mesh.members.add(4);
  tellAll();
  mesh.run(6_000);
  assert.ok(mesh.hasEqualDatabases());
  for (const id of mesh.nodes.keys()) {
    const origins = mesh
      .router(id)
      .versions()
      .map(([origin]) => origin);
    assert.ok(origins.includes(4), `${id}`);
  }
});

test('a link that flaps ten times a second for a minute costs each node at most 30 computations', () => {
  const mesh = randomMesh(17, 15);
  mesh.run(30_000);
  const before = new Map([...mesh.nodes].map(([id, { router }]) => [id, router.counters.computed]));
  const [a, b] = mesh.links()[3]!;
  for (let flap = 0; flap < 600; flap += 1) {
    mesh.cut(a, b, 10);
    mesh.run(50);
    mesh.connect(a, b);
    mesh.run(50);
  }
  for (const [id, { router }] of mesh.nodes) {
    const runs = router.counters.computed - before.get(id)!;
    assert.ok(runs >= 1 && runs <= 30, `node ${id}: ${runs}`);
  }
  mesh.run(60_000);
  assert.ok(mesh.hasEqualDatabases());
  assertAllRoutesWork(mesh, 'after the flapping');
});
