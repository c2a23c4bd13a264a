import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headers } from '@nats-io/transport-node';
import type { EventEnvelope } from '@peermesh/contracts';
import { fromHeaders, headerBlock, isEventId, toHeaders } from '../../src/envelope.ts';

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

const overTheWire = (sent: EventEnvelope): EventEnvelope | { missing: string } => {
  const received = headers();
  for (const [name, value] of Object.entries(toHeaders(sent))) received.set(name, value);
  return fromHeaders((name) => received.get(name));
};

test('an envelope comes back from its headers as it was', () => {
  assert.deepEqual(overTheWire(envelope), envelope);
});

test('values outside printable ASCII, quotes and percent signs survive', () => {
  for (const subject of ['Übermäßig', 'a "quoted" 100% name', 'line\r\nbreak', '知識 🕸', 'tab\there']) {
    const sent = { ...envelope, subject };
    assert.deepEqual(overTheWire(sent), sent, subject);
    assert.doesNotMatch(toHeaders(sent)['ce-subject'] ?? '', /[^\x21-\x7e]/);
  }
});

test('the header block cannot be broken out of', () => {
  const block = headerBlock(toHeaders({ ...envelope, subject: 'x\r\nce-tenantid: other' }));
  assert.equal(block.match(/^ce-tenantid:/gm)?.length, 1);
  assert.ok(block.startsWith('NATS/1.0\r\n') && block.endsWith('\r\n\r\n'));
});

test('the broker deduplicates by the event id', () => {
  assert.equal(toHeaders(envelope)['Nats-Msg-Id'], envelope.id);
});

test('a message without an attribute that is required says which', () => {
  const received = headers();
  received.set('ce-id', envelope.id);
  assert.deepEqual(
    fromHeaders((name) => received.get(name)),
    { missing: 'ce-source' },
  );
  assert.deepEqual(
    fromHeaders(() => ''),
    { missing: 'ce-id' },
  );
});

test('a value that is not valid percent-encoding is taken as it is', () => {
  const received = headers();
  for (const [name, value] of Object.entries(toHeaders(envelope))) received.set(name, value);
  received.set('ce-subject', '100%zz');
  assert.equal((fromHeaders((name) => received.get(name)) as EventEnvelope).subject, '100%zz');
});

test('only UUIDs are event ids', () => {
  assert.ok(isEventId(envelope.id));
  assert.ok(!isEventId("1' OR '1'='1"));
  assert.ok(!isEventId(`${envelope.id}0`));
});
