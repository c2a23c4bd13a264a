import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { StorageError } from '@peermesh/consensus';
import { temporaryFolder, waitFor } from '@peermesh/testkit';
import { NodeStateStore } from '../../src/store/node-state-store.ts';
import { Volume } from '../../src/store/volume.ts';

function folderOf(t: TestContext): string {
  const folder = temporaryFolder('volume');
  t.after(() => folder.remove());
  return folder.path;
}

const bytes = (text: string): Buffer => Buffer.from(text);

test('commits of one moment become one durable write', async (t) => {
  const volume = Volume.open({ path: folderOf(t), nodeId: 'a' });
  t.after(() => volume.close());
  const table = volume.table('t');
  await Promise.all(
    Array.from({ length: 100 }, (_, at) => volume.commit((writes) => writes.put(table, bytes(`k${at}`), bytes('v')))),
  );
  const { commits, records } = volume.stats();
  assert.equal(records, 100);
  assert.equal(commits, 1);
  assert.equal(table.getCount(), 100);
});

test('a fill that throws writes nothing of its own and holds nobody else back', async (t) => {
  const volume = Volume.open({ path: folderOf(t), nodeId: 'a' });
  t.after(() => volume.close());
  const table = volume.table('t');
  const good = volume.commit((writes) => writes.put(table, bytes('a'), bytes('1')));
  const bad = volume.commit((writes) => {
    writes.put(table, bytes('b'), bytes('1'));
    throw new Error('no');
  });
  await Promise.all([good, assert.rejects(bad, /no/)]);
  assert.deepEqual([...table.getKeys()].map(String), ['a']);
});

test('a volume of another node is refused and left as it is', async (t) => {
  const path = folderOf(t);
  const first = Volume.open({ path, nodeId: 'a' });
  const { volumeId } = first.identity;
  assert.equal(first.isNew, true);
  await first.close();
  assert.throws(() => Volume.open({ path, nodeId: 'b' }), { name: 'VolumeError', refusal: 'foreign' });
  const again = Volume.open({ path, nodeId: 'a', volumeId });
  assert.equal(again.isNew, false);
  await again.close();
});

test('a wiped disk under an old identity is noticed', async (t) => {
  const path = join(folderOf(t), 'volume');
  const first = Volume.open({ path, nodeId: 'a' });
  const { volumeId } = first.identity;
  await first.close();
  rmSync(path, { recursive: true });
  assert.throws(() => Volume.open({ path, nodeId: 'a', volumeId }), { name: 'VolumeError', refusal: 'foreign' });
});

test('a volume is opened once at a time', async (t) => {
  const path = folderOf(t);
  const volume = Volume.open({ path, nodeId: 'a' });
  assert.throws(() => Volume.open({ path, nodeId: 'a' }), { name: 'VolumeError', refusal: 'in-use' });
  await volume.close();
  await Volume.open({ path, nodeId: 'a' }).close();
});

test('a process that has ended holds no volume, even if nobody has waited for it', {
  skip: existsSync('/proc/self/stat') ? false : 'there is no /proc',
}, async (t) => {
  const path = folderOf(t);
  await Volume.open({ path, nodeId: 'a' }).close();
  // The parent of the owner becomes a program that never waits for it.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const fields = (): string[] => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  };
  symlinkSync(`${pid} ${fields()[19]}`, join(path, 'owner'));
  assert.throws(() => Volume.open({ path, nodeId: 'a' }), { name: 'VolumeError', refusal: 'in-use' });
  process.kill(pid, 'SIGKILL');
  await waitFor(() => fields()[0] === 'Z', { message: 'the owner did not end' });
  await Volume.open({ path, nodeId: 'a' }).close();
});

test('what no owner has written is no obstacle', async (t) => {
  const path = folderOf(t);
  writeFileSync(join(path, 'owner'), '');
  const volume = Volume.open({ path, nodeId: 'a' });
  assert.throws(() => Volume.open({ path, nodeId: 'a' }), { refusal: 'in-use' });
  await volume.close();
  assert.deepEqual(readdirSync(path).toSorted(), ['data.mdb', 'lock.mdb']);
});

test('what is committed before the end of a volume is written, and what comes after is refused', async (t) => {
  const path = folderOf(t);
  const volume = Volume.open({ path, nodeId: 'a' });
  const written = volume.commit((writes) => writes.put(volume.table('t'), bytes('a'), bytes('1')));
  await Promise.all([volume.close(), written]);
  await assert.rejects(volume.durable(), { name: 'StorageError', fault: 'closed' });
  const again = Volume.open({ path, nodeId: 'a' });
  t.after(() => again.close());
  assert.equal(String(again.table('t').get(bytes('a'))), '1');
});

test('says when little space is left', async (t) => {
  let free = 1_000_000;
  const volume = Volume.open({ path: folderOf(t), nodeId: 'a', reserveBytes: 500_000, freeBytes: () => free });
  t.after(() => volume.close());
  assert.equal(volume.isLow, false);
  free = 400_000;
  const table = volume.table('t');
  for (let i = 0; i < 17; i += 1)
    await volume.commit((writes) => writes.put(table, bytes('a'), Buffer.alloc(1024 * 1024)));
  assert.equal(volume.isLow, true);
  free = 600_000;
  assert.equal(volume.isLow, false, 'and when there is space again');
});

for (const { what, valueBytes } of [
  { what: 'small records', valueBytes: 300 },
  // A long value alone at the end of the file is what LMDB 3.5.6 breaks its heap on when the write is refused.
  { what: 'long values', valueBytes: 128 * 1024 },
]) {
  test(`a volume that cannot grow ends (${what}), LMDB was not refused, and what was durable is there`, async (t) => {
    const path = folderOf(t);
    const child = join(import.meta.dirname, '../fixtures/filling-process.ts');
    // A limit on the size of files stands for a disk that is full: the write is cut short, as it is then.
    const command = `ulimit -f 32768; trap '' XFSZ; exec "$0" "$@"`;
    const args = ['-c', command, process.execPath, '--conditions=@peermesh/source', child, path, String(valueBytes)];
    const running = spawn('sh', args);
    const [output, complaints] = await Promise.all([
      text(running.stdout),
      text(running.stderr),
      once(running, 'close'),
    ]);
    assert.equal(complaints, '', 'LMDB was given nothing that it could not write');
    const report = JSON.parse(output) as { readonly faults: string[]; readonly durable: number };
    assert.deepEqual([running.exitCode, running.signalCode], [0, null]);
    assert.deepEqual(report.faults, ['full', 'full', 'full']);
    const volume = Volume.open({ path, nodeId: 'a' });
    t.after(() => volume.close());
    assert.ok(report.durable > 0);
    assert.ok(volume.table('t').getCount() >= report.durable);
  });
}

test('room in the file is used again, and given back by nobody', async (t) => {
  const path = folderOf(t);
  const volume = Volume.open({ path, nodeId: 'a' });
  t.after(() => volume.close());
  const table = volume.table('t');
  const size = (): number => statSync(join(path, 'data.mdb')).size;
  const write = (at: number): Promise<void> =>
    volume.commit((writes) => writes.put(table, bytes(`k${at % 10}`), Buffer.alloc(100_000, at)));
  for (let at = 0; at < 100; at += 1) await write(at);
  const settled = size();
  for (let at = 100; at < 300; at += 1) await write(at);
  assert.ok(size() <= settled + 8 * 1024 * 1024, `${settled} became ${size()}`);
  assert.deepEqual(table.get(bytes('k9')), Buffer.alloc(100_000, 299));
});

test('the boot epoch rises with every start, and peers and revocations stay', async (t) => {
  const path = folderOf(t);
  const first = Volume.open({ path, nodeId: 'a' });
  const store = new NodeStateStore(first);
  assert.deepEqual(await store.start(), { bootEpoch: 1, peers: [], revocations: null });
  const peer = (nodeId: string, lastSeenMs: number) => ({ nodeId, address: `wss://${nodeId}.example`, lastSeenMs });
  await store.setPeers([peer('x', 1), peer('y', 2)]);
  await store.setPeers([peer('y', 3), peer('z', 5)]);
  const revocations = { incarnation: 'i', nodeIds: ['thief'], serialNumbers: ['AB'] };
  await store.setRevocations(revocations);
  await first.close();
  const second = Volume.open({ path, nodeId: 'a' });
  t.after(() => second.close());
  assert.deepEqual(await new NodeStateStore(second).start(), {
    bootEpoch: 2,
    peers: [peer('z', 5), peer('y', 3)],
    revocations,
  });
});

test('a damaged boot epoch is an error and not a new beginning', async (t) => {
  const volume = Volume.open({ path: folderOf(t), nodeId: 'a' });
  t.after(() => volume.close());
  const store = new NodeStateStore(volume);
  await store.start();
  await volume.commit((writes) => writes.put(volume.table('node'), bytes('boot-epoch'), Buffer.alloc(30, 1)));
  await assert.rejects(store.start(), (error: StorageError) => error.fault === 'corrupt');
});
