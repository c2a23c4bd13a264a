import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { notesOf, type OpenBus, openBus } from '../support/open-bus.ts';

let open: OpenBus;
const running = new Map<string, ChildProcess>();

before(async () => {
  open = await openBus();
});

after(async () => {
  for (const role of running.keys()) await kill(role);
  await open.close();
});

async function start(role: 'relay' | 'consumer'): Promise<void> {
  const script = new URL('../support/ledger-process.ts', import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ['--conditions=@peermesh/source', script, role, open.databaseUrl, open.server.url],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  running.set(role, child);
  if (child.stdout !== null) await once(child.stdout, 'data');
}

async function kill(role: string): Promise<void> {
  const child = running.get(role);
  running.delete(role);
  if (child === undefined || child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const ROUNDS = 3;
const PER_ROUND = 500;

for (const victim of ['relay', 'consumer', 'broker'] as const) {
  test(`kill -9 of the ${victim}, again and again in the middle of a run, loses nothing and doubles nothing`, async () => {
    await Promise.all([start('relay'), start('consumer')]);
    const notes = notesOf(victim, ROUNDS * PER_ROUND);
    for (let round = 0; round < ROUNDS; round += 1) {
      const mine = notes.slice(round * PER_ROUND, (round + 1) * PER_ROUND);
      for (let at = 0; at < mine.length; at += 100) await open.publish(mine.slice(at, at + 100));
      const reached = round * PER_ROUND + Math.floor(Math.random() * PER_ROUND);
      await waitFor(async () => (await open.ledger(victim)).length >= reached, {
        timeoutMs: 60_000,
        message: `round ${round}: ${reached} effects`,
        intervalMs: 2,
      });
      if (victim === 'broker') {
        await open.server.kill();
        await open.server.restart();
      } else {
        await kill(victim);
        await start(victim);
      }
    }
    await waitFor(async () => (await open.ledger(victim)).length >= notes.length, {
      timeoutMs: 60_000,
      message: `every effect after the ${victim} was killed`,
    });
    assert.deepEqual((await open.ledger(victim)).sort(), notes);
    const { rows } = await open.db.system((tx) => tx.client.query('SELECT code, reason FROM search_dead_letters'));
    assert.deepEqual(rows, []);
    await Promise.all([kill('relay'), kill('consumer')]);
  });
}
