import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { EventEnvelope } from '@peermesh/contracts';
import { eventBlock, fromHeaders, headerLine, isEventId } from '../../src/envelope.ts';
import { headerReader } from '../../src/received-headers.ts';

const envelope: EventEnvelope = {
  specversion: '1.0',
  id: '0198b0c2-f1a2-7cc3-a1b2-c3d4e5f60718',
  source: '/peermesh/search/one',
  type: 'peermesh.search.note_taken.v1',
  time: '2026-11-21T06:00:00.000Z',
  datacontenttype: 'application/json',
  dataschema: 'peermesh://contracts/search.note_taken/1',
  tenantid: 'default',
  correlationid: 'c-1',
  partitionkey: 'k',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

const blockOf = (attributes: EventEnvelope): string => {
  const lines = Object.entries(attributes)
    .filter(([name]) => name !== 'datacontenttype')
    .map(([name, value]) => headerLine(name as keyof EventEnvelope, value));
  return eventBlock(attributes.id, lines.join(''));
};

/** As the client holds a received message: header block and body in one array. */
const received = (block: string) => ({
  headers: undefined as MsgHdrs | undefined,
  _rdata: Buffer.concat([Buffer.from(block), Buffer.from('{"ce-tenantid: other"}')]),
  _msg: { hdr: Buffer.byteLength(block) },
});

const overTheWire = (sent: EventEnvelope): EventEnvelope | { missing: string } =>
  fromHeaders(headerReader(received(blockOf(sent))));

test('an envelope comes back from its headers as it was', () => {
  assert.deepEqual(overTheWire(envelope), envelope);
});

test('values outside printable ASCII, quotes and percent signs survive', () => {
  for (const subject of ['Übermäßig', 'a "quoted" 100% name', 'line\r\nbreak', '知識 🕸', 'tab\there']) {
    const sent = { ...envelope, subject };
    assert.deepEqual(overTheWire(sent), sent, subject);
    assert.doesNotMatch(blockOf(sent), /[^\r\n\x20-\x7e]/);
  }
});

test('the header block cannot be broken out of', () => {
  const block = blockOf({ ...envelope, subject: 'x\r\nce-tenantid: other' });
  assert.equal(block.match(/^ce-tenantid:/gm)?.length, 1);
  assert.ok(block.startsWith('NATS/1.0\r\n') && block.endsWith('\r\n\r\n'));
});

test('the broker deduplicates by the event id', () => {
  assert.ok(blockOf(envelope).includes(`\r\nNats-Msg-Id: ${envelope.id}\r\n`));
});

test('a message without an attribute that is required says which', () => {
  assert.deepEqual(fromHeaders(headerReader(received(`NATS/1.0\r\nce-id: ${envelope.id}\r\n\r\n`))), {
    missing: 'ce-source',
  });
  assert.deepEqual(fromHeaders(headerReader({ headers: undefined })), { missing: 'ce-id' });
});

test('a value that is not valid percent-encoding is taken as it is', () => {
  const block = blockOf({ ...envelope, subject: 'S' }).replace('ce-subject: S', 'ce-subject: 100%zz');
  assert.equal((fromHeaders(headerReader(received(block))) as EventEnvelope).subject, '100%zz');
});

test('the client’s own headers are read when its messages are built otherwise', () => {
  const own = headers();
  own.set('ce-id', envelope.id);
  assert.equal(headerReader({ headers: own })('ce-id'), envelope.id);
  assert.equal(headerReader({ headers: own })('ce-type'), '');
});

test('only UUIDs are event ids', () => {
  assert.ok(isEventId(envelope.id));
  assert.ok(!isEventId("1' OR '1'='1"));
  assert.ok(!isEventId(`${envelope.id}0`));
});
