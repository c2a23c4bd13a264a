import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@peermesh/telemetry';
import { type OutputPort, StandardOutput } from '../../src/standard-output.ts';

type Done = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A file descriptor that takes what it is told to, and nothing by itself. */
class Descriptor implements OutputPort {
  readonly #taken: Uint8Array[] = [];
  failure: string | null = null;
  #under: { readonly bytes: Uint8Array; readonly done: Done } | null = null;

  get text(): string {
    return Buffer.concat(this.#taken).toString();
  }

  write(bytes: Uint8Array, done: Done): void {
    assert.equal(this.#under, null, 'one write at a time');
    this.#under = { bytes, done };
  }

  writeSync(bytes: Uint8Array): number {
    if (this.failure !== null) throw this.#error();
    this.#taken.push(bytes);
    return bytes.length;
  }

  /** Ends the write under way: all of it, some of it, or by the failure. */
  end(bytesMax = Number.POSITIVE_INFINITY): void {
    const { bytes, done } = this.#under ?? assert.fail('nothing is written');
    this.#under = null;
    if (this.failure !== null) return done(this.#error(), 0);
    const taken = bytes.subarray(0, bytesMax);
    this.#taken.push(taken);
    done(null, taken.length);
  }

  get isIdle(): boolean {
    return this.#under === null;
  }

  #error(): NodeJS.ErrnoException {
    return Object.assign(new Error('refused'), { code: this.failure as string });
  }
}

test('lines keep their order, one write under way, whatever is taken at once', () => {
  const descriptor = new Descriptor();
  const output = new StandardOutput(descriptor);
  for (const line of ['a\n', 'böh\n', 'c\n']) output.write(line);
  descriptor.end();
  descriptor.end(2);
  descriptor.end();
  assert.equal(descriptor.text, 'a\nböh\nc\n');
  assert.ok(descriptor.isIdle);
});

test('what a full disk does not take is lost, and told when there is space', () => {
  const descriptor = new Descriptor();
  const output = new StandardOutput(descriptor);
  descriptor.failure = 'ENOSPC';
  for (const line of ['a\n', 'b\n', 'c\n']) output.write(line);
  descriptor.end();
  descriptor.end();
  descriptor.failure = null;
  output.write('d\n');
  descriptor.end();
  const [empty, confession, last] = descriptor.text.split('\n');
  assert.deepEqual([empty, last], ['', 'd']);
  const { level, lost, reason } = JSON.parse(confession ?? '') as Record<string, unknown>;
  assert.deepEqual([level, lost, reason], ['warn', 3, 'ENOSPC']);
});

test('the last lines do not wait for a disk that is full', () => {
  const descriptor = new Descriptor();
  const output = new StandardOutput(descriptor);
  const logger = createLogger({ service: 'test', level: 'info' }, output);
  logger.info('under way');
  logger.info('waiting');
  descriptor.failure = 'ENOSPC';
  logger.fatal('the disk failed');
  output.flushSync();
  descriptor.failure = null;
  output.write('later\n');
  output.flushSync();
  assert.match(descriptor.text, /"lost":2[^\n]+\nlater\n$/);
});

test('a slow reader costs lines and no memory, and without a reader nothing is kept', () => {
  const descriptor = new Descriptor();
  const output = new StandardOutput(descriptor);
  const line = `${'x'.repeat(1023)}\n`;
  for (let at = 0; at < 10_000; at += 1) output.write(line);
  descriptor.end();
  descriptor.end();
  assert.match(descriptor.text, /"lost":5903,"reason":"the reader is slow"/);
  descriptor.failure = 'EPIPE';
  output.write('a\n');
  descriptor.end();
  output.write('b\n');
  assert.ok(descriptor.isIdle);
});

test('what is lost is told once, also when the last lines go while a write is under way', () => {
  const descriptor = new Descriptor();
  const output = new StandardOutput(descriptor);
  descriptor.failure = 'ENOSPC';
  output.write('a\n');
  descriptor.end();
  descriptor.failure = null;
  output.write('b\n');
  output.write('c\n');
  output.flushSync();
  descriptor.end();
  output.write('d\n');
  descriptor.end();
  assert.equal(descriptor.text.match(/"lost"/g)?.length, 1);
  assert.match(descriptor.text, /"lost":1,/);
});
