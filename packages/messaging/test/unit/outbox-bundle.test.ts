import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OutboxEvent, packEvents, unpackEvents } from '../../src/outbox-bundle.ts';

const event = (name: string, bytes: number): OutboxEvent => ({
  headers: `NATS/1.0\r\nce-id: ${name}\r\n\r\n`,
  body: Buffer.alloc(bytes, name),
});

const asText = ({ headers, body }: { headers: string | Uint8Array; body: Uint8Array }) => [
  Buffer.from(headers).toString(),
  Buffer.from(body).toString(),
];

test('events come back from their bundles whole and in their order', () => {
  const events = Array.from({ length: 1_000 }, (_, index) => event(`é${index}`, (index * 37) % 900));
  const bundles = packEvents(events);
  assert.ok(bundles.length > 1 && bundles.length < 20, `${bundles.length} bundles`);
  assert.deepEqual(bundles.flatMap(unpackEvents).map(asText), events.map(asText));
});

test('a bundle keeps to its limits, and an event larger than that has one to itself', () => {
  const bundles = packEvents([event('a', 10), event('b', 3_000_000), event('c', 10), event('d', 10)]);
  assert.deepEqual(
    bundles.map(({ sizes }) => sizes.length / 2),
    [1, 1, 2],
  );
  assert.deepEqual(
    packEvents(Array.from({ length: 600 }, () => event('x', 1))).map(({ sizes }) => sizes.length / 2),
    [256, 256, 88],
  );
});

test('a bundle says whether it is text, which PostgreSQL takes without NUL and in UTF-8 only', () => {
  const isText = (body: Uint8Array) => packEvents([{ headers: 'NATS/1.0\r\n\r\n', body }])[0]?.isText;
  assert.equal(isText(Buffer.from('{"name":"Übermäßig 🕸","line":"\\n"}')), true);
  assert.equal(isText(Buffer.from([1, 0, 2])), false);
  assert.equal(isText(Buffer.from([0xc3, 0x28])), false);
});

test('no events make no bundle', () => {
  assert.deepEqual(packEvents([]), []);
});

test('a bundle whose sizes do not add up is refused', () => {
  const [bundle] = packEvents([event('a', 10)]);
  assert.ok(bundle !== undefined);
  assert.throws(() => unpackEvents({ ...bundle, events: bundle.events.subarray(1) }), RangeError);
});
