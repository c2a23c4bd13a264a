import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ServiceName, services } from '../../catalog.ts';
import { startInOrder } from '../../local/start-order.ts';

const process = (name: ServiceName, ...calls: ServiceName[]) => ({ definition: { name, calls } });

/** Starts that end when the test says so. */
function pendingStarts<Process extends { readonly definition: { readonly name: ServiceName } }>() {
  const begun: ServiceName[] = [];
  const pending = new Map<Process, PromiseWithResolvers<void>>();
  return {
    begun,
    start: (one: Process): Promise<void> => {
      begun.push(one.definition.name);
      const made = Promise.withResolvers<void>();
      pending.set(one, made);
      return made.promise;
    },
    ready: async (one: Process): Promise<void> => {
      pending.get(one)?.resolve();
      await nextTurn();
    },
    fail: (one: Process): void => pending.get(one)?.reject(new Error('no')),
  };
}

suite('startInOrder', () => {
  test('a service begins when all processes of all services that it calls are ready', async () => {
    const auth = process('auth');
    const nodes = [process('mesh-node', 'auth'), process('mesh-node', 'auth')] as const;
    const gateway = process('gateway', 'auth', 'mesh-node');
    const starts = pendingStarts();
    const all = startInOrder([gateway, ...nodes, auth], 9, starts.start);
    assert.deepEqual(starts.begun, ['auth']);
    await starts.ready(auth);
    assert.deepEqual(starts.begun, ['auth', 'mesh-node', 'mesh-node']);
    await starts.ready(nodes[1]);
    assert.equal(starts.begun.length, 3);
    await starts.ready(nodes[0]);
    assert.deepEqual(starts.begun.at(-1), 'gateway');
    await starts.ready(gateway);
    await all;
  });

  test('no more than the given number begin at once, and none after a failure', async () => {
    const three = [process('ingest'), process('search'), process('publisher')] as const;
    const starts = pendingStarts();
    const all = startInOrder(three, 2, starts.start);
    assert.deepEqual(starts.begun, ['ingest', 'search']);
    starts.fail(three[1]);
    await assert.rejects(all, /no/);
    await starts.ready(three[0]);
    assert.equal(starts.begun.length, 2);
  });

  test('who calls a service that is not to be started does not wait for it', async () => {
    const starts = pendingStarts();
    const search = process('search', 'auth');
    const all = startInOrder([search], 1, starts.start);
    await starts.ready(search);
    await all;
  });

  test('services that wait for each other are an error, and those of the catalog do not', async () => {
    await assert.rejects(
      startInOrder([process('auth', 'search'), process('search', 'auth')], 2, () => Promise.resolve()),
      /circle/,
    );
    const begun: ServiceName[] = [];
    await startInOrder(
      services.map((definition) => ({ definition })),
      2,
      async ({ definition }) => void begun.push(definition.name),
    );
    assert.equal(begun.length, services.length);
  });
});
