import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecords, encodeRecord } from '../../../src/disk/checksum.ts';
import { type DiskError, type PowerLossStyle, SimDisk } from '../../../src/disk/disk.ts';
import { EventQueue } from '../../../src/event-queue.ts';
import { SeededRandom } from '../../../src/random.ts';

function setUp(seed = 1): { queue: EventQueue; disk: SimDisk } {
  const queue = new EventQueue();
  return { queue, disk: new SimDisk(queue, new SeededRandom(seed)) };
}

const record = (sequence: number): Uint8Array => encodeRecord(sequence, Buffer.from(`payload ${sequence}`));
const readBack = (disk: SimDisk) => {
  const { payloads, flaw } = decodeRecords(disk.read('log'));
  return { texts: payloads.map((payload) => Buffer.from(payload).toString()), flaw };
};

function write(disk: SimDisk, queue: EventQueue, from: number, to: number): void {
  for (let sequence = from; sequence < to; sequence++) disk.append('log', record(sequence));
  let isDone = false;
  disk.fsync('log', (error) => {
    assert.equal(error, null);
    isDone = true;
  });
  queue.runUntil(queue.nowMs + 1_000);
  assert.equal(isDone, true);
}

test('power loss keeps all that was fsynced and never invents a record, whatever the style', () => {
  for (let seed = 0; seed < 300; seed++) {
    for (const style of ['clean', 'torn', 'reordered'] satisfies PowerLossStyle[]) {
      const { queue, disk } = setUp(seed);
      write(disk, queue, 0, 3);
      for (let sequence = 3; sequence < 6; sequence++) disk.append('log', record(sequence));
      disk.powerLoss(style);
      const { texts, flaw } = readBack(disk);
      assert.ok(texts.length >= 3 && texts.length < 6, `${style} ${seed}`);
      assert.deepEqual(
        texts,
        texts.map((_, index) => `payload ${index}`),
      );
      assert.notEqual(flaw, 'corrupt');
    }
  }
});

test('a crash of the process keeps the page cache', () => {
  const { disk } = setUp();
  disk.append('log', record(0));
  disk.crash();
  assert.deepEqual(readBack(disk), { texts: ['payload 0'], flaw: null });
});

test('any single flipped bit of any record is found and never taken for a torn tail', () => {
  for (let seed = 0; seed < 2_000; seed++) {
    const { queue, disk } = setUp(seed);
    write(disk, queue, 0, 4);
    assert.equal(disk.flipBit('log', new SeededRandom(seed)), true);
    assert.equal(readBack(disk).flaw, 'corrupt', `seed ${seed}`);
  }
});

test('lost and misdirected writes in the middle of the log are found', () => {
  for (let seed = 0; seed < 200; seed++) {
    for (const damage of ['loseWrite', 'misdirectWrite'] as const) {
      const { queue, disk } = setUp(seed);
      write(disk, queue, 0, 5);
      assert.equal(disk[damage]('log', new SeededRandom(seed)), true);
      assert.equal(readBack(disk).flaw, 'corrupt', `${damage} ${seed}`);
    }
  }
});

test('a failed fsync drops what it covered, so that the next one proves nothing about it', () => {
  const { queue, disk } = setUp();
  disk.append('log', record(0));
  disk.faults.fsyncErrors++;
  const errors: (DiskError | null)[] = [];
  disk.fsync('log', (error) => errors.push(error));
  queue.runUntil(1_000);
  disk.faults.fsyncErrors--;
  disk.fsync('log', (error) => errors.push(error));
  queue.runUntil(2_000);
  disk.powerLoss('clean');
  assert.deepEqual(
    errors.map((error) => error?.code ?? null),
    ['EIO', null],
  );
  assert.deepEqual(readBack(disk).texts, []);
});

test('a full disk refuses writes, a stalled one completes nothing before its time', () => {
  const { queue, disk } = setUp();
  disk.faults.fullDisk++;
  assert.throws(() => disk.append('log', record(0)), { code: 'ENOSPC' });
  disk.faults.fullDisk--;
  disk.faults.stalledUntilMs = 5_000;
  let doneAtMs = 0;
  disk.append('log', record(0));
  disk.fsync('log', () => {
    doneAtMs = queue.nowMs;
  });
  queue.runUntil(10_000);
  assert.ok(doneAtMs >= 5_000);
});

test('a backup holds what was durable and comes back as it was', () => {
  const { queue, disk } = setUp();
  write(disk, queue, 0, 2);
  disk.append('log', record(2));
  const image = disk.image();
  write(disk, queue, 3, 4);
  disk.restore(image);
  assert.deepEqual(readBack(disk).texts, ['payload 0', 'payload 1']);
});

test('fsyncs end in the order in which they were asked for, and a backlog is slow only as long as the disk is', () => {
  const { queue, disk } = setUp();
  const ended: [number, number][] = [];
  disk.faults.slowMs += 100;
  for (let number = 0; number < 10; number++) {
    disk.append('log', record(number));
    disk.fsync('log', () => ended.push([number, queue.nowMs]));
  }
  queue.runUntil(150);
  assert.equal(ended.length, 1);
  disk.faults.slowMs -= 100;
  queue.runUntil(400);
  assert.deepEqual(
    ended.map(([number]) => number),
    Array.from({ length: 10 }, (_, number) => number),
  );
  assert.ok((ended.at(-1)?.[1] ?? 0) < 250, `the last one ended at ${ended.at(-1)?.[1]} ms`);
});
