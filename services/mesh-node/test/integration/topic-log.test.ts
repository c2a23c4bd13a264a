import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StorageError } from '@peermesh/consensus';
import { temporaryFolder } from '@peermesh/testkit';
import type { TopicAppend } from '../../src/data/ports.ts';
import { LmdbCursorStore } from '../../src/store/lmdb-cursor-store.ts';
import { keyOf } from '../../src/store/record.ts';
import { TopicLog } from '../../src/store/topic-log.ts';
import { TopicRetention } from '../../src/store/topic-retention.ts';
import { Volume } from '../../src/store/volume.ts';

function folderOf(t: TestContext): string {
  const folder = temporaryFolder('topics');
  t.after(() => folder.remove());
  return folder.path;
}

function opened(t: TestContext, path = folderOf(t)): { volume: Volume; log: TopicLog } {
  const volume = Volume.open({ path, nodeId: 'a' });
  t.after(() => volume.close());
  return { volume, log: new TopicLog(volume) };
}

function record(topic: string, text: string, changes: Partial<TopicAppend> = {}): TopicAppend {
  return { topic, origin: 0, originSeq: 0, timeMs: 1_000, priority: 2, payload: Buffer.from(text), ...changes };
}

const texts = (log: TopicLog, topic: string, from = 1, bytesMax = 1e9): string[] =>
  log.read(topic, from, bytesMax).map(({ payload }) => Buffer.from(payload).toString());

test('records are read from any offset, in order, as many as fit and at least one', async (t) => {
  const { log } = opened(t);
  const offsets = await log.append([
    record('t', 'aaaa'),
    record('u', 'other'),
    record('t', 'bbbb'),
    record('t', 'cccc'),
  ]);
  assert.deepEqual(offsets, [1, 1, 2, 3]);
  assert.deepEqual(log.range('t'), { first: 1, next: 4 });
  assert.deepEqual(texts(log, 't'), ['aaaa', 'bbbb', 'cccc']);
  assert.deepEqual(texts(log, 't', 2, 8), ['bbbb', 'cccc']);
  assert.deepEqual(texts(log, 't', 2, 1), ['bbbb']);
  assert.deepEqual(texts(log, 't', 4), []);
  assert.deepEqual(texts(log, 'none'), []);
});

test('appends of one moment to many topics are one durable write', async (t) => {
  const { volume, log } = opened(t);
  const before = volume.stats().commits;
  await Promise.all(Array.from({ length: 200 }, (_, at) => log.append([record(`t${at % 20}`, `${at}`)])));
  assert.equal(volume.stats().commits, before + 1);
  assert.deepEqual(texts(log, 't3'), ['3', '23', '43', '63', '83', '103', '123', '143', '163', '183']);
});

test('a record that comes again is in the log once, before and after a restart', async (t) => {
  const path = folderOf(t);
  const first = opened(t, path);
  const from = (originSeq: number): TopicAppend => record('t', `r${originSeq}`, { origin: 7, originSeq });
  assert.deepEqual(await first.log.append([from(3), from(5), from(5), from(4)]), [1, 2, null, null]);
  assert.deepEqual(await first.log.append([from(5), record('t', 'other', { origin: 8, originSeq: 5 })]), [null, 3]);
  await first.volume.close();
  const { log } = opened(t, path);
  assert.equal(log.highWater('t', 7), 5);
  assert.deepEqual(await log.append([from(5), from(6)]), [null, 4]);
  assert.deepEqual(texts(log, 't'), ['r3', 'r5', 'other', 'r6']);
});

test('a duplicate is not acknowledged before the one that it repeats is durable', async (t) => {
  const { log } = opened(t);
  const order: string[] = [];
  const original = log.append([record('t', 'x', { origin: 7, originSeq: 1 })]).then(() => order.push('original'));
  const again = log.append([record('t', 'x', { origin: 7, originSeq: 1 })]).then(() => {
    order.push('again');
    assert.deepEqual(log.range('t'), { first: 1, next: 2 });
  });
  await Promise.all([original, again]);
  assert.deepEqual(order, ['original', 'again']);
});

test('what is not durable is not read', async (t) => {
  const { log } = opened(t);
  const written = log.append([record('t', 'a')]);
  assert.deepEqual(texts(log, 't'), []);
  assert.deepEqual(log.range('t'), { first: 1, next: 1 });
  await written;
  assert.deepEqual(texts(log, 't'), ['a']);
});

test('time never falls along a log', async (t) => {
  const { log } = opened(t);
  await log.append([50, 40, 60].map((timeMs) => record('t', 'x', { timeMs })));
  assert.deepEqual(
    log.read('t', 1, 1e9).map(({ timeMs }) => timeMs),
    [50, 50, 60],
  );
});

test('a trimmed log goes on where it was, also after a restart, and when nothing is left', async (t) => {
  const path = folderOf(t);
  const first = opened(t, path);
  await first.log.append(Array.from({ length: 5000 }, (_, at) => record('t', `${at + 1}`)));
  const all = first.log.bytesOf('t');
  await first.log.trim('t', 4500);
  assert.ok(first.log.bytesOf('t') < all / 5);
  assert.deepEqual(first.log.range('t'), { first: 4500, next: 5001 });
  assert.equal(texts(first.log, 't')[0], '4500');
  await first.volume.close();
  const second = opened(t, path);
  assert.deepEqual(second.log.range('t'), { first: 4500, next: 5001 });
  await second.log.trim('t', 99_999);
  assert.equal(second.log.bytesOf('t'), 0);
  await second.volume.close();
  const third = opened(t, path);
  assert.deepEqual(third.log.range('t'), { first: 5001, next: 5001 });
  assert.equal(third.volume.table('topic-records').getCount(), 0);
  assert.deepEqual(await third.log.append([record('t', 'on')]), [5001]);
  assert.deepEqual(texts(third.log, 't'), ['on']);
});

test('the place of a time or of a number of bytes is found', async (t) => {
  const { log } = opened(t);
  await log.append(Array.from({ length: 1000 }, (_, at) => record('t', 'x'.repeat(100), { timeMs: at * 10 })));
  assert.equal(
    log.firstWhere('t', ({ timeMs }) => timeMs >= 5000),
    501,
  );
  const half = log.endPosition('t') / 2;
  assert.equal(
    log.firstWhere('t', ({ position }) => position >= half),
    501,
  );
  assert.equal(
    log.firstWhere('t', () => false),
    1001,
  );
});

test('a damaged record is an error that names topic and offset, on reading and on opening', async (t) => {
  const path = folderOf(t);
  const { volume, log } = opened(t, path);
  await log.append(Array.from({ length: 3 }, (_, at) => record('weather', `${at}`)));
  const table = volume.table('topic-records');
  const damage = async (offset: number): Promise<void> => {
    const source = table.get(keyOf(1, offset)) ?? Buffer.alloc(0);
    source[source.length - 1] = (source.at(-1) as number) ^ 4;
    await volume.commit((writes) => writes.put(table, keyOf(1, offset), source));
  };
  const isCorrupt = (error: StorageError): boolean =>
    error.fault === 'corrupt' && /record \d of topic weather/.test(error.message);
  await damage(2);
  assert.deepEqual(texts(log, 'weather'), ['0'], 'what is before it can be read');
  assert.throws(() => log.read('weather', 2, 1), isCorrupt);
  await damage(3);
  await volume.close();
  const again = Volume.open({ path, nodeId: 'a' });
  t.after(() => again.close());
  assert.throws(() => new TopicLog(again), isCorrupt);
});

test('a record in the place of another is not taken for it', async (t) => {
  const { volume, log } = opened(t);
  await log.append([record('t', 'a'), record('t', 'b')]);
  const table = volume.table('topic-records');
  const other = table.get(keyOf(1, 2)) ?? Buffer.alloc(0);
  await volume.commit((writes) => writes.put(table, keyOf(1, 1), other));
  assert.throws(() => log.read('t', 1, 1e9), { name: 'StorageError', fault: 'corrupt' });
});

test('killed while it appends, a node has everything that it acknowledged, and nothing twice', {
  timeout: 60_000,
}, async (t) => {
  const path = folderOf(t);
  const child = join(import.meta.dirname, '../fixtures/appending-process.ts');
  const acknowledged = new Map<string, number>();
  for (let round = 1; round <= 4; round += 1) {
    const running = spawn(process.execPath, ['--conditions=@peermesh/source', child, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => running.kill('SIGKILL'));
    let output = '';
    running.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length > 2_000 * round) running.kill('SIGKILL');
    });
    await once(running, 'close');
    for (const line of output.split('\n').slice(0, -1)) {
      const [topic = '', origin = '', seq = ''] = line.split(' ');
      acknowledged.set(`${topic} ${origin}`, Number(seq));
    }
    const { volume, log } = opened(t, path);
    for (const [name, seq] of acknowledged) {
      const [topic = '', origin = ''] = name.split(' ');
      const found = log.read(topic, 1, 1e9).filter((each) => each.origin === Number(origin));
      assert.ok((found.at(-1)?.originSeq ?? 0) >= seq, `${name}: acknowledged up to ${seq}`);
      found.forEach(({ originSeq, payload }, at) => {
        assert.equal(originSeq, topic === 'own' ? originSeq : at + 1, 'each once, in order');
        assert.ok(Buffer.from(payload).toString().startsWith(`${topic}/${origin}/${originSeq}/`));
      });
    }
    assert.equal(acknowledged.size, 4);
    await volume.close();
  }
});

test('retention forgets by age and by bytes, keeps what is needed, and takes nothing above the hard limit', async (t) => {
  const { log } = opened(t);
  const byTopic = new Map([['big', { ageMsMax: 0, bytesMax: 20_000, hardBytesMax: 40_000 }]]);
  const retention = new TopicRetention(log, { ageMsMax: 1_000, bytesMax: 0, hardBytesMax: 0 }, byTopic);
  await log.append(Array.from({ length: 100 }, (_, at) => record('aged', 'x', { timeMs: at * 100 })));
  await log.append(Array.from({ length: 100 }, () => record('big', 'x'.repeat(354))));
  assert.equal(await retention.sweep(9_000, (topic) => (topic === 'aged' ? 50 : Number.POSITIVE_INFINITY)), 49 + 50);
  assert.deepEqual(log.range('aged'), { first: 50, next: 101 }, 'a consumer is at 50');
  assert.deepEqual(log.range('big'), { first: 51, next: 101 });
  await retention.sweep(9_000, () => Number.POSITIVE_INFINITY);
  assert.deepEqual(log.range('aged'), { first: 81, next: 101 });
  assert.equal(retention.hasRoom('big', 20_000), true);
  assert.equal(retention.hasRoom('big', 20_001), false);
});

test('cursors are there after a restart as they were flushed', async (t) => {
  const path = folderOf(t);
  const { volume } = opened(t, path);
  const cursors = new LmdbCursorStore(volume);
  cursors.set('a/1', 5);
  cursors.set('a/2', 6);
  cursors.set('b/1', 7);
  await cursors.flush();
  cursors.set('a/1', 2 ** 40);
  cursors.set('a/2', null);
  await cursors.flush();
  cursors.set('b/1', 9);
  assert.equal(cursors.get('b/1'), 9);
  await volume.close();
  const again = new LmdbCursorStore(opened(t, path).volume);
  assert.deepEqual([...again.all('a/')], [['a/1', 2 ** 40]]);
  assert.equal(again.get('b/1'), 7, 'an older position is no loss');
});
