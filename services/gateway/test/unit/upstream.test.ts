import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Upstream } from '../../src/proxy/upstream.ts';

const options = { connectionsMax: 1, connectTimeoutMs: 100 };
const urls = ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:3'];

function make(count = 3): Upstream {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  return new Upstream('search', urls.slice(0, count), { ...options, random });
}

function share(upstream: Upstream, nowMs: number): number[] {
  const counts = new Map(upstream.targets.map((target) => [target, 0]));
  for (let index = 0; index < 3000; index++) {
    const target = upstream.pick(nowMs, []);
    counts.set(target, counts.get(target)! + 1);
  }
  return [...counts.values()];
}

test('prefers instances with fewer requests and shorter answers', () => {
  const upstream = make();
  const [fast, busy, slow] = upstream.targets;
  fast!.answered(5, 0, false);
  busy!.answered(5, 0, false);
  busy!.inFlight = 10;
  slow!.answered(500, 0, false);
  const [fastShare, busyShare, slowShare] = share(upstream, 0);
  assert.ok(fastShare! > 1500 && fastShare! > busyShare! && busyShare! > slowShare!);
});

test('a slow instance is tried again after a while', () => {
  const upstream = make(2);
  upstream.targets[0]!.answered(10_000, 0, false);
  upstream.targets[1]!.answered(20, 0, false);
  upstream.targets[1]!.inFlight = 1;
  assert.equal(share(upstream, 0)[0], 0);
  assert.ok(share(upstream, 120_000)[0]! > 0);
});

test('an instance that fails quickly does not attract more', () => {
  const upstream = make(2);
  upstream.targets[0]!.answered(1, 0, true);
  upstream.targets[1]!.answered(20, 0, false);
  assert.equal(share(upstream, 0)[0], 0);
});

test('an instance is passed over after two broken connections, and used when nothing else is left', () => {
  const upstream = make(2);
  const [bad, good] = upstream.targets;
  upstream.failed(bad!, 0);
  assert.equal(bad!.ejectedUntilMs, 0);
  upstream.failed(bad!, 0);
  assert.ok(bad!.ejectedUntilMs >= 250);
  assert.equal(share(upstream, 1)[0], 0);
  assert.equal(upstream.pick(1, [good!]), bad);
  bad!.answered(1, 2, false);
  assert.equal(bad!.ejectedUntilMs, 0);
});
