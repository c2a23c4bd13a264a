import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '@peermesh/testkit';
import type { Fact } from '../../src/facts/fact.ts';
import { FactQueue } from '../../src/facts/fact-queue.ts';
import { FactWriter } from '../../src/facts/fact-writer.ts';
import { linkState, member, messages } from '../support/facts.ts';

/** Keeps what it gets, unless it is told to fail. */
class MemoryFactStore {
  readonly written: Fact[] = [];
  failure: ((facts: readonly Fact[]) => Error | null) | null = null;

  async write(facts: readonly Fact[]): Promise<void> {
    const failure = this.failure?.(facts) ?? null;
    if (failure !== null) throw failure;
    this.written.push(...facts);
  }

  isFlaw(error: unknown): boolean {
    return error instanceof TypeError;
  }
}

function writerOn(queue: FactQueue): { store: MemoryFactStore; writer: FactWriter } {
  const store = new MemoryFactStore();
  return { store, writer: new FactWriter({ queue, store, logger: silentLogger() }) };
}

describe('facts that wait for the database', () => {
  it('keeps only the newest state of one thing, behind what came meanwhile', async () => {
    const queue = new FactQueue(10);
    const { store, writer } = writerOn(queue);
    queue.add(linkState(1, { epoch: 1, sequence: 1 }));
    queue.add(messages(7));
    queue.add(linkState(1, { epoch: 1, sequence: 2 }));
    assert.equal(queue.size, 2);
    await writer.flush();
    assert.deepEqual(store.written, [messages(7), linkState(1, { epoch: 1, sequence: 2 })]);
  });

  it('keeps what each node saw last of each peer', () => {
    const queue = new FactQueue(10);
    const { nodeId, name, region } = member('joined', 3, 1).member;
    const seen = (observedBy: number, healthy: boolean): Fact => {
      return {
        kind: 'peer_health',
        data: { meshId: 'harbour', shortId: 3, nodeId, name, region, healthy, observedBy },
      };
    };
    for (const fact of [seen(1, false), seen(2, false), seen(1, true)]) queue.add(fact);
    assert.deepEqual([...queue.peek(9).values()], [seen(2, false), seen(1, true)]);
  });

  it('counts what finds no room, and still takes newer states of what waits', () => {
    const queue = new FactQueue(2);
    queue.add(linkState(1, { epoch: 1, sequence: 1 }));
    queue.add(messages(1));
    queue.add(messages(2));
    queue.add(linkState(1, { epoch: 1, sequence: 9 }));
    assert.equal(queue.size, 2);
    assert.equal(queue.lost, 1);
    assert.deepEqual([...queue.peek(9).values()].at(-1), linkState(1, { epoch: 1, sequence: 9 }));
  });

  it('loses nothing while the database is away, and writes in order when it is back', async () => {
    const queue = new FactQueue(1000);
    const { store, writer } = writerOn(queue);
    store.failure = () => new Error('away');
    for (let offset = 0; offset < 500; offset += 1) queue.add(messages(offset));
    await writer.flush();
    assert.equal(writer.isAway, true);
    assert.equal(queue.size, 500);
    store.failure = null;
    await writer.flush();
    assert.equal(writer.isAway, false);
    assert.deepEqual(
      store.written,
      Array.from({ length: 500 }, (_, offset) => messages(offset)),
    );
  });

  it('leaves out a fact that can never be stored, and no other', async () => {
    const queue = new FactQueue(1000);
    const { store, writer } = writerOn(queue);
    for (let offset = 0; offset < 5; offset += 1) queue.add(messages(offset));
    store.failure = (facts) =>
      facts.some((fact) => fact.kind === 'messages' && fact.firstOffset === 3) ? new TypeError('flawed') : null;
    await writer.flush();
    assert.equal(writer.flawed, 1);
    assert.deepEqual(store.written, [0, 1, 2, 4].map(messages));
  });

  it('keeps a fact that was replaced while its predecessor was being written', () => {
    const queue = new FactQueue(10);
    queue.add(linkState(1, { epoch: 1, sequence: 1 }));
    const batch = queue.peek(10);
    queue.add(linkState(1, { epoch: 1, sequence: 2 }));
    queue.done(batch);
    assert.deepEqual([...queue.peek(10).values()], [linkState(1, { epoch: 1, sequence: 2 })]);
  });
});
