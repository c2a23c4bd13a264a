import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { smallDisk, waitFor } from '@peermesh/testkit';
import { type MeshProcess, MeshProcesses } from '@peermesh/testkit/mesh-processes';

const CHUNK_BYTES = 128 * 1024;
const PUBLISHED_MAX = 400;
/** More than the file has when the node is stopped, less than is published. */
const FILE_BLOCKS = 49_152;
/** Refuses room in the file as a full disk does, for a process without privileges. */
const LIMITED = ['sh', '-c', `ulimit -f ${FILE_BLOCKS}; trap '' XFSZ; exec "$0" "$@"`];
const topic = { params: { topic: 'berths' } };

/** Publishes until the node takes no more. @returns what it accepted and the code of its refusal */
async function fill(
  { client }: MeshProcess,
  priority: 'client' | 'system' = 'client',
): Promise<{ accepted: string[]; code: string }> {
  const accepted: string[] = [];
  while (accepted.length < PUBLISHED_MAX) {
    const payload = Buffer.alloc(CHUNK_BYTES, `${accepted.length}.`).toString('base64');
    try {
      await client.publish({ ...topic, body: { messages: [{ payload }], priority } });
      accepted.push(payload);
    } catch (error) {
      return { accepted, code: String((error as { code?: unknown }).code) };
    }
  }
  return { accepted, code: 'it never ran out' };
}

async function stored({ client }: MeshProcess): Promise<string[]> {
  const all: string[] = [];
  for (let offset = 0; ; ) {
    const { body } = await client.read({ ...topic, query: { offset, limit: 1_000 } });
    if (body.messages.length === 0) return all;
    all.push(...body.messages.map(({ payload }) => payload));
    offset = body.nextOffset;
  }
}

/** Says that it failed in every way in which it can be asked, and is still there. */
async function assertDiskFailed(node: MeshProcess): Promise<void> {
  await waitFor(async () => (await fetch(`${node.url}/health/ready`)).status === 503, { message: 'it is not ready' });
  assert.equal((await fetch(`${node.url}/health/live`)).status, 200);
  assert.equal(await node.metric('mesh_storage_failed'), 1);
  assert.match(node.log(), /the disk failed: this node forwards, stores nothing/);
  assert.doesNotMatch(node.log(), /lmdb\/write\.js/, 'and LMDB was given nothing that it could not write');
}

describe('a node whose disk fails', () => {
  let mesh: MeshProcesses;
  let node: MeshProcess;

  before(async () => {
    mesh = await MeshProcesses.open();
    node = await mesh.start('quay-1');
    await mesh.form('harbour', [node]);
  });

  after(() => mesh.close());

  it('acknowledges nothing that it cannot write, says so, and has everything else when it starts anew', async () => {
    await node.stop();
    await node.restart({ wrapper: LIMITED });
    const { accepted, code } = await fill(node);
    assert.equal(code, 'PM_MESH_STORAGE_FAILED');
    assert.ok(accepted.length > 0);
    await assertDiskFailed(node);
    await node.kill();
    await node.restart();
    const all = await stored(node);
    assert.deepEqual(all.slice(0, accepted.length), accepted, 'what was accepted is there, in its order');
    assert.ok(all.length <= accepted.length + 1, 'and at most the one that was refused besides');
    await node.client.publish({ ...topic, body: { messages: [{ payload: accepted[0]! }] } });
  });

  it('hands out nothing of a damaged message, names it, and goes on with the others', async () => {
    const words = ['before it', 'the one that is damaged', 'behind it'];
    const where = { params: { topic: 'damage' } };
    for (const word of words)
      await node.client.publish({ ...where, body: { messages: [{ payload: Buffer.from(word).toString('base64') }] } });
    await node.stop();
    flipIn(join(node.home, 'volume', 'data.mdb'), words[1]!);
    await node.restart();
    const { body } = await node.client.read({ ...where, query: { offset: 1 } });
    assert.deepEqual(
      body.messages.map(({ payload }) => Buffer.from(payload, 'base64').toString()),
      ['before it'],
    );
    const { nextOffset } = body;
    await assert.rejects(node.client.read({ ...where, query: { offset: nextOffset } }), {
      code: 'PM_MESH_RECORD_DAMAGED',
    });
    const { body: rest } = await node.client.read({ ...where, query: { offset: nextOffset + 1 } });
    assert.deepEqual(
      rest.messages.map(({ payload }) => Buffer.from(payload, 'base64').toString()),
      ['behind it'],
    );
  });

  it('has forgotten its membership when the disk was wiped, says so, and does not pretend', async () => {
    const { body: former } = await node.client.getStatus({});
    await node.stop();
    rmSync(join(node.home, 'volume'), { recursive: true });
    await node.restart();
    const { body } = await node.client.getStatus({});
    assert.equal(body.nodeId, former.nodeId);
    assert.equal(body.state, 'idle');
    assert.match(node.log(), /the key is there and the disk is empty/);
    await assert.rejects(node.client.read({ ...topic, query: {} }), { code: 'PM_MESH_NOT_MEMBER' });
    await mesh.form('harbour', [node]);
  });

  it('does not start on a damaged log of the control group, and says which record it is', async () => {
    await node.stop();
    flipIn(join(node.home, 'volume', 'data.mdb'), 'harbour');
    const { code } = await node.launch().exited;
    assert.equal(code, 1);
    assert.match(node.log(), /is corrupt: its checksum is wrong/);
  });

  it('starts on a disk that is full, serves what it has, and takes more when there is space', async (t) => {
    const disk = smallDisk('full-disk', 40);
    if (disk === null) return t.skip('only root may mount');
    t.after(() => disk.remove());
    const env = { MESH_HOME: join(disk.path, 'home'), MESH_DISK_RESERVE_BYTES: String(4 * 1024 * 1024) };
    const full = await mesh.start('quay-3', { env });
    t.after(() => full.stop());
    await mesh.form('full', [full]);
    const body = { messages: [{ payload: 'c2hpcA==' }] };
    await full.client.publish({ ...topic, body });
    await full.kill();
    const rest = disk.fill();
    await full.restart();
    assert.deepEqual(await stored(full), ['c2hpcA==']);
    await assert.rejects(full.client.publish({ ...topic, body }), { code: 'PM_MESH_BUSY' });
    await assert.rejects(mesh.start('quay-4', { env: { MESH_HOME: join(disk.path, 'other') } }), /ENOSPC/);
    rmSync(rest);
    await full.client.publish({ ...topic, body });
    assert.equal((await stored(full)).length, 2);
  });

  it('asks clients to wait while space is low, ends when there is space again after a full disk, and has it all', {
    timeout: 400_000,
  }, async (t) => {
    const disk = smallDisk('small-disk', 60);
    if (disk === null) return t.skip('only root may mount');
    t.after(() => disk.remove());
    const early = join(disk.path, 'early');
    writeFileSync(early, Buffer.alloc(12 * 1024 * 1024));
    const env = { MESH_HOME: join(disk.path, 'home'), MESH_DISK_RESERVE_BYTES: String(17 * 1024 * 1024) };
    const small = await mesh.start('quay-2', { env });
    t.after(() => small.stop());
    await mesh.form('small', [small]);
    const { accepted, code } = await fill(small);
    assert.equal(code, 'PM_MESH_BUSY');
    assert.equal(await small.metric('mesh_storage_failed'), 0);
    const late = disk.fill();
    const urgent = await fill(small, 'system');
    assert.equal(urgent.code, 'PM_MESH_STORAGE_FAILED');
    await assertDiskFailed(small);
    for (const file of [early, late]) rmSync(file);
    assert.deepEqual(await small.exited(), { code: 1, signal: null });
    assert.match(small.log(), /the disk has space again: this node has to be started anew/);
    assert.match(small.log(), /service has stopped/);
    await small.restart();
    const all = await stored(small);
    assert.deepEqual(all.slice(0, accepted.length + urgent.accepted.length), [...accepted, ...urgent.accepted]);
  });
});

/** Changes one bit of every place of a file where this text is. */
function flipIn(file: string, text: string): void {
  const bytes = readFileSync(file);
  let found = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) {
    bytes[at]! ^= 1;
    found += 1;
  }
  assert.ok(found > 0, `${text} is on the disk`);
  writeFileSync(file, bytes);
}
