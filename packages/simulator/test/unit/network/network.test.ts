import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from '../../../src/event-queue.ts';
import type { LinkRule } from '../../../src/network/link-rule.ts';
import { SimNetwork } from '../../../src/network/network.ts';
import {
  bridgeRule,
  chainRule,
  constrainedRule,
  hubRule,
  oneWayRule,
  splitRule,
} from '../../../src/network/partitions.ts';
import { SeededRandom } from '../../../src/random.ts';

interface Arrival {
  readonly link: string;
  readonly message: number;
  readonly atMs: number;
}

function setUp(seed = 1) {
  const queue = new EventQueue();
  const arrivals: Arrival[] = [];
  const down = new Set<string>();
  const network = new SimNetwork<number>({
    queue,
    random: new SeededRandom(seed),
    isUp: (node) => !down.has(node),
    deliver: (from, to, message) => arrivals.push({ link: `${from}${to}`, message, atMs: queue.nowMs }),
  });
  return { queue, network, arrivals, down };
}

const everywhere = (): boolean => true;

test('without faults every message of a lane arrives once and in order', () => {
  const { queue, network, arrivals } = setUp();
  for (let message = 0; message < 500; message++) network.send('a', 'b', message, 100);
  queue.runUntil(1_000);
  assert.deepEqual(
    arrivals.map(({ message }) => message),
    Array.from({ length: 500 }, (_, index) => index),
  );
});

test('a drop rate loses about its share, a duplicate rate repeats about its share', () => {
  const { queue, network, arrivals } = setUp();
  const end = network.addRule({ appliesTo: everywhere, dropRate: 0.3 });
  for (let message = 0; message < 4_000; message++) network.send('a', 'b', message, 1);
  end();
  network.addRule({ appliesTo: everywhere, duplicateRate: 0.2 });
  for (let message = 4_000; message < 8_000; message++) network.send('a', 'b', message, 1);
  queue.runUntil(10_000);
  const lost = 4_000 - arrivals.filter(({ message }) => message < 4_000).length;
  const repeated = arrivals.filter(({ message }) => message >= 4_000).length - 4_000;
  assert.ok(lost > 1_050 && lost < 1_350, `${lost} lost`);
  assert.ok(repeated > 680 && repeated < 920, `${repeated} repeated`);
});

test('reordering lets messages overtake, and loses none', () => {
  const { queue, network, arrivals } = setUp();
  network.addRule({ appliesTo: everywhere, reorderRate: 0.5, reorderMs: 50 });
  for (let message = 0; message < 200; message++) network.send('a', 'b', message, 1);
  queue.runUntil(1_000);
  const order = arrivals.map(({ message }) => message);
  assert.equal(new Set(order).size, 200);
  assert.notDeepEqual(
    order,
    [...order].sort((left, right) => left - right),
  );
});

test('a clog holds messages back and lets all of them go when it ends', () => {
  const { queue, network, arrivals } = setUp();
  const end = network.addRule({ appliesTo: (_from, to) => to === 'b', isClogged: true });
  for (let message = 0; message < 10; message++) network.send('a', 'b', message, 1);
  queue.runUntil(500);
  assert.equal(arrivals.length, 0);
  end();
  queue.runUntil(600);
  assert.equal(arrivals.length, 10);
});

test('bandwidth stretches what does not fit', () => {
  const { queue, network, arrivals } = setUp();
  network.addRule({ appliesTo: everywhere, bytesPerMs: 1 });
  for (let message = 0; message < 5; message++) network.send('a', 'b', message, 100);
  queue.runUntil(10_000);
  assert.ok((arrivals.at(-1)?.atMs ?? 0) >= 500);
});

test('a queue that would take longer than two seconds loses messages, and is gone when the bandwidth is back', () => {
  const { queue, network, arrivals } = setUp();
  const end = network.addRule({ appliesTo: everywhere, bytesPerMs: 0.2 });
  for (let message = 0; message < 100; message++) network.send('a', 'b', message, 100);
  assert.ok(network.counts.dropped >= 90, `${network.counts.dropped}`);
  queue.runUntil(100);
  end();
  network.send('a', 'c', 100, 100);
  queue.runUntil(5_000);
  const last = arrivals.find(({ message }) => message === 100);
  assert.ok(last !== undefined && last.atMs < 105, `${last?.atMs}`);
  assert.equal(arrivals.length, 100 - network.counts.dropped + 1);
});

test('a message that was sent at a rate that is no more keeps no later one waiting', () => {
  const { queue, network, arrivals } = setUp();
  const end = network.addRule({ appliesTo: everywhere, bytesPerMs: 0.2 });
  network.send('a', 'b', 1, 30_000);
  queue.runUntil(1_000);
  end();
  network.send('a', 'b', 2, 100);
  queue.runUntil(1_010);
  assert.deepEqual(
    arrivals.map(({ message }) => message),
    [2],
  );
  queue.runUntil(200_000);
  assert.equal(arrivals.length, 1, 'the connection that it was on is gone');
});

test('a relayed message needs both hops and a relay that is up', () => {
  const { queue, network, arrivals, down } = setUp();
  const isPair: LinkRule['appliesTo'] = (from, to) => from + to === 'ab' || from + to === 'ba';
  network.addRule({ appliesTo: isPair, relay: 'c' });
  network.send('a', 'b', 1, 1);
  queue.runUntil(100);
  assert.equal(arrivals.length, 1);
  down.add('c');
  network.send('a', 'b', 2, 1);
  queue.runUntil(200);
  down.delete('c');
  network.addRule(oneWayRule('c', 'b'));
  network.send('a', 'b', 3, 1);
  queue.runUntil(300);
  assert.deepEqual(
    arrivals.map(({ message }) => message),
    [1],
  );
});

/** Which of the ordered pairs among a, b, c, d get through. */
function reach(rule: LinkRule): string {
  const { network } = setUp();
  network.addRule(rule);
  const nodes = ['a', 'b', 'c', 'd'];
  return nodes
    .flatMap((from) => nodes.filter((to) => to !== from && network.isConnected(from, to)).map((to) => from + to))
    .join(' ');
}

test('partitions have the shape of their name', () => {
  assert.equal(reach(splitRule(new Set(['a', 'b']))), 'ab ba cd dc');
  assert.equal(reach(bridgeRule(new Set(['a', 'b']), 'b')), 'ab ba bc bd cb cd db dc');
  assert.equal(reach(chainRule(['a', 'b', 'c', 'd'])), 'ab ba bc cb cd dc');
  assert.equal(reach(hubRule('a')), 'ab ac ad ba ca da');
  assert.equal(reach(constrainedRule('a', 'b')), 'ab ba bc bd cb cd db dc');
  assert.equal(reach(oneWayRule('a', 'b')), 'ac ad ba bc bd ca cb cd da db dc');
});

test('the same seed gives the same arrivals', () => {
  const run = (): Arrival[] => {
    const { queue, network, arrivals } = setUp(9);
    network.addRule({ appliesTo: everywhere, dropRate: 0.2, duplicateRate: 0.2, reorderRate: 0.3, reorderMs: 20 });
    for (let message = 0; message < 300; message++) network.send('a', message % 2 === 0 ? 'b' : 'c', message, 10);
    queue.runUntil(1_000);
    return arrivals;
  };
  assert.deepEqual(run(), run());
});
