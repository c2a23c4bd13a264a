import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@peermesh/testkit';
import { openLmdbStores } from '../../src/store/lmdb-stores.ts';
import { Volume } from '../../src/store/volume.ts';

const CHILD = join(import.meta.dirname, '../fixtures/raft-writing-process.ts');

/** Runs the writer on a volume until it has said so many lines, kills it, and returns what it said. */
async function killedAfter(lines: number, path: string): Promise<string[]> {
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const running = spawn(process.execPath, ['--conditions=@peermesh/source', CHILD, path], { stdio: [...stdio] });
  let output = '';
  running.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    if (output.split('\n').length > lines) running.kill('SIGKILL');
  });
  await once(running, 'close');
  return output.split('\n').slice(0, -1);
}

test('killed while it writes, replicas have all that was acknowledged, and each batch whole or not at all', async (t) => {
  const folder = temporaryFolder('raft');
  t.after(() => folder.remove());
  let acknowledged = 0;
  let saved = 0;
  for (const lines of [15, 40, 60]) {
    for (const line of await killedAfter(lines, folder.path)) {
      const [kind, index] = line.split(' ');
      if (kind === 'entry') acknowledged = Number(index);
      else saved = Number(index);
    }
    const volume = Volume.open({ path: folder.path, nodeId: 'a' });
    const { log, snapshots } = await openLmdbStores(volume);
    const last = log.range(1)?.last ?? 0;
    assert.ok(last >= acknowledged);
    for (const group of [1, 2, 3]) {
      assert.equal(log.range(group)?.last ?? last, last, 'a batch for many groups is one');
      assert.deepEqual(log.hardState(group), { term: 1, vote: 1, commit: last }, 'an entry and its hard state are one');
      for (const { index, data } of log.read(group, 1, Number.MAX_SAFE_INTEGER))
        assert.equal(Buffer.from(data).toString(), `entry ${index}`.padEnd(index % 400));
    }
    assert.equal(log.range(1)?.first, 1);
    const snapshot = snapshots.newest(2);
    assert.ok((snapshot?.index ?? 0) >= saved);
    assert.ok(
      (log.range(2)?.first ?? last + 1) <= (snapshot?.index ?? 0) + 1,
      'nothing is missing behind the snapshot',
    );
    const bytes = snapshot?.read(0, 1e9) ?? [];
    assert.equal(bytes.length, snapshot === null ? 0 : 250_000);
    assert.ok(bytes.every((byte) => byte === (snapshot?.index ?? 0) % 251));
    await volume.close();
  }
  assert.ok(saved > 0);
});
