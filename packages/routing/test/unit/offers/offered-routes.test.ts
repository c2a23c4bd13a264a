import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NodeFlag } from '../../../src/link-state/advertisement.ts';
import type { OfferRefusal } from '../../../src/offers/route-offer.ts';
import { TestMesh } from '../../support/mesh.ts';
import { offerFrom, routesAvoiding } from '../../support/offers.ts';

/** Computes long after the news. */
const SLOW = {
  initialDelayMs: 4_000,
  shortDelayMs: 4_000,
  longDelayMs: 4_000,
  timeToLearnMs: 500,
  holdDownMs: 10_000,
};

/** Two ways from 1 to 4: the short one over 2, the long one over 3. */
function diamond(config = {}): TestMesh {
  const mesh = new TestMesh(1, config);
  for (const id of [1, 2, 3, 4]) mesh.addNode(id);
  mesh.connect(1, 2, 1_000);
  mesh.connect(2, 4, 1_000);
  mesh.connect(1, 3, 20_000);
  mesh.connect(3, 4, 20_000);
  mesh.run(15_000);
  assert.deepEqual(segmentsTo4(mesh), [2, 4], 'the own route is the short one');
  return mesh;
}

function segmentsTo4(mesh: TestMesh): readonly number[] | undefined {
  return mesh.table(1).pathTo(4, 0)?.segments;
}

function offerTheLongWay(mesh: TestMesh, changes = {}): OfferRefusal | undefined {
  let refusal: OfferRefusal | undefined;
  const offer = offerFrom(mesh, 1, 1, { routes: routesAvoiding(mesh, 1, [2]), ...changes });
  mesh.input(1, (router) => {
    refusal = router.offers.take(mesh.nowMs, offer);
  });
  mesh.run(1);
  return refusal;
}

function refused(mesh: TestMesh): Readonly<Partial<Record<OfferRefusal, number>>> {
  return mesh.router(1).counters.offers.refused;
}

describe('an offer that holds', () => {
  test('takes the place of own routes, with costs from the own graph and the numbers of known paths', () => {
    const mesh = diamond();
    const own = mesh.table(1).route(4)!;
    assert.equal(offerTheLongWay(mesh), undefined);
    const route = mesh.table(1).route(4)!;
    assert.deepEqual(
      route.paths.map(({ segments }) => segments),
      [[3, 4]],
    );
    const same = own.paths.find(({ segments }) => segments[0] === 3)!;
    assert.deepEqual([route.paths[0]!.id, route.paths[0]!.cost], [same.id, same.cost]);
    assert.equal(mesh.router(1).offers.isInstalled(4), true);
    assert.equal(mesh.router(1).counters.offers.installed, 3);
  });

  test('ends when it is not confirmed for as long as it is fresh, and lives on when it is', () => {
    const mesh = diamond();
    const own = mesh.table(1).route(4);
    offerTheLongWay(mesh, { tag: 'first' });
    mesh.run(20_000);
    mesh.input(1, (router) => assert.equal(router.offers.confirm(mesh.nowMs, 'another', 60_000), false));
    mesh.input(1, (router) => assert.equal(router.offers.confirm(mesh.nowMs, 'first', 60_000), true));
    mesh.run(29_000);
    assert.deepEqual(segmentsTo4(mesh), [3, 4]);
    mesh.run(1_001);
    assert.deepEqual(segmentsTo4(mesh), [2, 4]);
    assert.equal(mesh.table(1).route(4), own, 'the own route is back, with all its paths');
    assert.equal(mesh.router(1).offers.inUse, null);
    assert.deepEqual(refused(mesh), { expired: 1 });
  });

  test('ends after the time that the element gives it where that is shorter', () => {
    const mesh = diamond();
    offerTheLongWay(mesh, { validForMs: 500 });
    mesh.run(600);
    assert.deepEqual(segmentsTo4(mesh), [2, 4]);
  });

  test('gives way at once to the own route when a link far away goes, before anything is computed', () => {
    const mesh = diamond({ backoff: SLOW });
    offerTheLongWay(mesh);
    mesh.cut(3, 4, 0);
    assert.ok(mesh.runUntil(() => segmentsTo4(mesh)?.[0] === 2, 200, 10) <= 100);
    assert.deepEqual(refused(mesh), { unconfirmed: 1 });
  });

  test('gives way in the same step when the own link goes', () => {
    const mesh = diamond();
    offerTheLongWay(mesh);
    mesh.input(1, (router) => {
      router.linkDown(mesh.nowMs, 3);
      assert.equal(router.offers.isInstalled(4), false, 'before this node has said it to anybody');
    });
    assert.deepEqual(segmentsTo4(mesh), [2, 4]);
  });

  test('gives way when only one end of a link still advertises it, whichever it is', () => {
    for (const [end, other] of [
      [3, 4],
      [4, 3],
    ] as const) {
      const mesh = diamond({ backoff: SLOW });
      offerTheLongWay(mesh);
      mesh.input(end, (router) => router.linkDown(mesh.nowMs, other));
      mesh.run(100);
      assert.deepEqual(segmentsTo4(mesh), [2, 4]);
    }
  });

  test('keeps the paths that are left of a route, and takes back those that are confirmed again', () => {
    const mesh = diamond();
    const both = [
      { segments: [3, 4], share: 200 },
      { segments: [2, 4], share: 56 },
    ];
    offerTheLongWay(mesh, { routes: [{ destination: 4, paths: both }] });
    assert.deepEqual(mesh.table(1).route(4)!.disjoint, { kind: 'node', first: 0, second: 1 });
    mesh.cut(2, 4, 0);
    mesh.run(1_000);
    assert.equal(mesh.router(1).offers.isInstalled(4), true);
    assert.deepEqual(
      mesh
        .table(1)
        .route(4)!
        .paths.map(({ segments }) => segments),
      [[3, 4]],
    );
    mesh.connect(2, 4);
    mesh.run(6_000);
    assert.equal(mesh.table(1).route(4)!.paths.length, 2);
  });

  test('keeps off a node that begins to drain', () => {
    const mesh = diamond();
    offerTheLongWay(mesh);
    mesh.input(3, (router) => router.setFlags(mesh.nowMs, NodeFlag.RELAY | NodeFlag.DRAIN));
    mesh.run(100);
    assert.deepEqual(segmentsTo4(mesh), [2, 4]);
    assert.equal(refused(mesh)['no-transit'], 1);
  });
});

describe('an offer that does not hold', () => {
  test('is refused when it comes from words that were replaced here for longer than the lag, and given up when it lags', () => {
    const mesh = diamond();
    const old = offerFrom(mesh, 1, 1, { routes: routesAvoiding(mesh, 1, [2]) });
    offerTheLongWay(mesh);
    mesh.input(3, (router) => router.setFlags(mesh.nowMs, NodeFlag.RELAY | NodeFlag.INBOUND));
    mesh.run(9_000);
    assert.deepEqual(segmentsTo4(mesh), [3, 4], 'a short lag is no reason');
    mesh.run(1_200);
    assert.deepEqual(segmentsTo4(mesh), [2, 4]);
    mesh.input(1, (router) => assert.equal(router.offers.take(mesh.nowMs, old), 'behind'));
    assert.equal(offerTheLongWay(mesh), undefined, 'one that has caught up is taken');
    assert.deepEqual(segmentsTo4(mesh), [3, 4]);
  });

  test('is not behind because of refreshes that say the same', () => {
    const mesh = diamond();
    const first = offerFrom(mesh, 1, 1, { tag: 'first', routes: routesAvoiding(mesh, 1, [2]) });
    mesh.input(1, (router) => assert.equal(router.offers.take(mesh.nowMs, first), undefined));
    for (let round = 0; round < 8; round += 1) {
      mesh.run(25_000);
      mesh.input(1, (router) => assert.equal(router.offers.confirm(mesh.nowMs, 'first', 60_000), true));
    }
    mesh.input(1, (router) => assert.equal(router.offers.take(mesh.nowMs, first), undefined, 'nor when it is taken'));
    assert.deepEqual(segmentsTo4(mesh), [3, 4]);
  });

  test('is refused when it is older than the one in use, for another node, without time, or too large', () => {
    const mesh = diamond({ offers: { freshMs: 30_000, lagMaxMs: 60_000, hopsMax: 32, pathsMax: 8, routesMax: 5 } });
    const old = offerFrom(mesh, 1, 1);
    mesh.input(3, (router) => router.setFlags(mesh.nowMs, NodeFlag.RELAY | NodeFlag.INBOUND));
    mesh.run(1_000);
    offerTheLongWay(mesh);
    const fresh = offerFrom(mesh, 1, 1);
    const routes = Array.from({ length: 6 }, (_, destination) => ({ destination, paths: [] }));
    for (const [offer, reason] of [
      [old, 'older'],
      [{ ...fresh, source: 2 }, 'wrong-node'],
      [{ ...fresh, validForMs: 0 }, 'expired'],
      [{ ...fresh, validForMs: Number.NaN }, 'expired'],
      [{ ...fresh, routes }, 'too-large'],
    ] as const) {
      mesh.input(1, (router) => assert.equal(router.offers.take(mesh.nowMs, offer), reason));
      assert.equal(refused(mesh)[reason], reason === 'expired' && offer.validForMs !== 0 ? 2 : 1);
    }
    assert.deepEqual(segmentsTo4(mesh), [3, 4], 'what was in use stays in use');
  });

  test('leaves the own route where a route of it is malformed, and counts it once', () => {
    const hops = Array.from({ length: 33 }, (_, index) => index + 100);
    const cases: [OfferRefusal, { segments: number[]; share?: number }[]][] = [
      ['malformed', [{ segments: [] }]],
      ['malformed', [{ segments: [3, 2] }]],
      ['malformed', [{ segments: [3, 1, 2, 4] }]],
      ['malformed', [{ segments: [3, 2, 3, 4] }]],
      ['malformed', [{ segments: [3, 4], share: 257 }]],
      ['malformed', [{ segments: [3, 4], share: 0.5 }]],
      ['too-long', [{ segments: [...hops, 4] }]],
      ['too-many', Array.from({ length: 9 }, () => ({ segments: [3, 4] }))],
      ['unconfirmed', [{ segments: [4] }]],
      ['unconfirmed', [{ segments: [3, 77, 4] }]],
    ];
    for (const [reason, paths] of cases) {
      const mesh = diamond();
      const complete = paths.map(({ segments, share = 0 }) => ({ segments, share }));
      offerTheLongWay(mesh, { routes: [{ destination: 4, paths: complete }] });
      assert.deepEqual(segmentsTo4(mesh), [2, 4], JSON.stringify(paths).slice(0, 60));
      mesh.input(3, (router) =>
        router.linkMeasured(mesh.nowMs, 4, { latencyUs: 90_000, jitterUs: 0, lossPpm: 0, spareKbps: 1, weight: 0 }),
      );
      mesh.run(9_000);
      assert.deepEqual(refused(mesh), { [reason]: 1 });
    }
  });

  test('does not use an overloaded node while there is a way around it', () => {
    const mesh = diamond();
    mesh.input(3, (router) => router.setFlags(mesh.nowMs, NodeFlag.RELAY | NodeFlag.OVERLOAD));
    mesh.run(6_000);
    offerTheLongWay(mesh);
    assert.deepEqual(segmentsTo4(mesh), [2, 4]);
    assert.ok(refused(mesh).overloaded! > 0);
  });
});
