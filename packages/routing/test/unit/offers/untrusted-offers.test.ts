import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestMesh } from '../../support/mesh.ts';
import { offerFrom, randomPaths, routesAvoiding } from '../../support/offers.ts';
import { integerBetween } from '../../support/random.ts';

const NODES = 12;
const ROUNDS = 15;

function randomMesh(seed: number): TestMesh {
  const mesh = new TestMesh(seed);
  for (let id = 1; id <= NODES; id += 1) mesh.addNode(id);
  for (let id = 2; id <= NODES; id += 1) mesh.connect(id, integerBetween(mesh.random, 1, id - 1), latency(mesh));
  for (let extra = 0; extra < NODES; extra += 1) {
    const [a, b] = [integerBetween(mesh.random, 1, NODES), integerBetween(mesh.random, 1, NODES)];
    if (a !== b) mesh.connect(a, b, latency(mesh));
  }
  mesh.run(3_000);
  return mesh;
}

function latency(mesh: TestMesh): number {
  return integerBetween(mesh.random, 1_000, 80_000);
}

/** Good offers, garbage, offers of long ago with a basis that claims to be new: to one node after the other. */
function offerAnything(mesh: TestMesh, earlier: ReturnType<typeof routesAvoiding>[]): void {
  for (const source of mesh.nodes.keys()) {
    const kind = integerBetween(mesh.random, 0, 3);
    const honest = routesAvoiding(mesh, source, [integerBetween(mesh.random, 1, NODES)]);
    const garbage = honest.map(({ destination }) => ({ destination, paths: randomPaths(mesh, source, destination) }));
    const stale = earlier[integerBetween(mesh.random, 0, Math.max(0, earlier.length - 1))] ?? garbage;
    const routes = [honest, garbage, stale, [...stale, ...garbage]][kind]!;
    if (kind === 0) earlier.push(honest);
    mesh.input(source, (router) => void router.offers.take(mesh.nowMs, offerFrom(mesh, source, source, { routes })));
  }
}

/** Every installed path is strict and goes over links that this node's own database has at this moment. */
function assertSane(mesh: TestMesh, hint: string): void {
  for (const self of mesh.nodes.keys()) {
    for (const destination of mesh.nodes.keys()) {
      if (!mesh.router(self).offers.isInstalled(destination)) continue;
      for (const { segments, share } of mesh.table(self).route(destination)!.paths) {
        const nodes = [self, ...segments];
        assert.equal(new Set(nodes).size, nodes.length, `a loop, ${hint}`);
        assert.equal(segments.at(-1), destination, hint);
        assert.ok(share >= 0 && share <= 256, hint);
        for (const [hop, head] of segments.entries()) {
          const links = mesh.router(self).advertisement(nodes[hop]!)?.advertisement.links ?? [];
          assert.ok(
            links.some(({ peer }) => peer === head),
            `${nodes[hop]} has no link to ${head}, ${hint}`,
          );
        }
      }
    }
  }
}

function arrives(mesh: TestMesh, from: number, to: number, hash: number): boolean {
  let at = from;
  for (const next of mesh.table(from).pathTo(to, hash)?.segments ?? []) {
    if (!mesh.isLinkUp(at, next)) return false;
    at = next;
  }
  return at === to;
}

test('whatever is offered, no path loops or uses a link that is known to be gone, and what is installed arrives', () => {
  let offered = 0;
  for (let seed = 1; seed <= 3; seed += 1) {
    const mesh = randomMesh(seed);
    const earlier: ReturnType<typeof routesAvoiding>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const hint = `seed ${seed}, round ${round}`;
      offerAnything(mesh, earlier);
      mesh.run(integerBetween(mesh.random, 1, 400));
      assertSane(mesh, hint);
      const links = mesh.links();
      if (links.length > 2 * NODES - 4 && mesh.random() < 0.6)
        mesh.cut(...links[integerBetween(mesh.random, 0, links.length - 1)]!);
      else mesh.connect(integerBetween(mesh.random, 1, 6), integerBetween(mesh.random, 7, NODES), latency(mesh));
      for (let step = 0; step < 8; step += 1) {
        mesh.run(100);
        assertSane(mesh, hint);
      }
      for (const from of mesh.nodes.keys()) {
        for (const to of mesh.nodes.keys()) {
          if (!mesh.router(from).offers.isInstalled(to)) continue;
          for (const hash of [0, 1, 7]) assert.ok(arrives(mesh, from, to, hash), `${from} loses ${to}, ${hint}`);
        }
        offered += mesh.router(from).counters.offers.installed;
      }
    }
    for (let id = 2; id <= NODES; id += 1) mesh.connect(1, id);
    mesh.run(60_000);
    for (const from of mesh.nodes.keys()) {
      assert.equal(mesh.router(from).offers.inUse, null, 'nothing is believed for long');
      for (const to of mesh.nodes.keys()) {
        if (from !== to) assert.ok(arrives(mesh, from, to, 0), `${from} loses ${to} at the end, seed ${seed}`);
      }
    }
  }
  assert.ok(offered > 300, 'offers were in use while this was tried');
});
