import type { MsgHdrs } from '@nats-io/transport-node';
import type { EventEnvelope } from '@peermesh/contracts';

/** The headers of a message, by name. */
export type EventHeaders = Readonly<Record<string, string>>;

/** The header line of one context attribute, percent-encoded as the binding says; '' when there is none. */
export function headerLine(attribute: keyof EventEnvelope, value: string | undefined): string {
  if (value === undefined) return '';
  const isTrace = attribute === 'traceparent' || attribute === 'tracestate';
  return isTrace ? `${attribute}: ${value}\r\n` : `ce-${attribute}: ${encode(value)}\r\n`;
}

/** The header block of an event: `Nats-Msg-Id` lets the broker drop what it has already. */
export function eventBlock(id: string, lines: string): string {
  return `NATS/1.0\r\ncontent-type: application/json\r\nNats-Msg-Id: ${id}\r\n${lines}\r\n`;
}

/** Headers to context attributes, or the name of the attribute that is missing. `read` gives '' for a header that is not there. */
export function fromHeaders(read: (name: string) => string): EventEnvelope | { readonly missing: string } {
  const source = decode(read('ce-source'));
  const type = decode(read('ce-type'));
  const time = decode(read('ce-time'));
  const dataschema = decode(read('ce-dataschema'));
  const id = decode(read('ce-id'));
  const tenantid = decode(read('ce-tenantid'));
  const correlationid = decode(read('ce-correlationid')) || id;
  const partitionkey = decode(read('ce-partitionkey')) || id;
  if (id === '') return { missing: 'ce-id' };
  if (source === '') return { missing: 'ce-source' };
  if (type === '') return { missing: 'ce-type' };
  if (time === '') return { missing: 'ce-time' };
  if (tenantid === '') return { missing: 'ce-tenantid' };
  const envelope: { -readonly [Name in keyof EventEnvelope]: EventEnvelope[Name] } = {
    specversion: '1.0',
    id,
    source,
    type,
    time,
    datacontenttype: 'application/json',
    dataschema,
    tenantid,
    correlationid,
    partitionkey,
  };
  const subject = read('ce-subject');
  if (subject !== '') envelope.subject = decode(subject);
  const causationId = read('ce-causationid');
  if (causationId !== '') envelope.causationid = decode(causationId);
  const traceparent = read('traceparent');
  if (traceparent === '') return envelope;
  envelope.traceparent = traceparent;
  const tracestate = read('tracestate');
  if (tracestate !== '') envelope.tracestate = tracestate;
  return envelope;
}

/** Whether an event id is a UUID, which the inbox needs. */
export function isEventId(id: string): boolean {
  return UUID.test(id);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The header block of a message whose headers are known already. */
export function headerBlock(stored: EventHeaders): string {
  let block = 'NATS/1.0\r\n';
  for (const [name, value] of Object.entries(stored)) block += `${name}: ${value}\r\n`;
  return `${block}\r\n`;
}

/** A stored header block as the client takes it: `publish` asks headers for nothing but their encoded form. */
export function wireHeaders(block: Uint8Array): MsgHdrs {
  return { encode: () => block } as unknown as MsgHdrs;
}

function encode(value: string): string {
  if (PLAIN.test(value)) return value;
  return value.replace(/[\s"%]|[^\x21-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
}

const PLAIN = /^[!#$&-~]*$/;

function decode(value: string): string {
  try {
    return value.includes('%') ? decodeURIComponent(value) : value;
  } catch {
    return value;
  }
}
