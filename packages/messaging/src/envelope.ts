import type { MsgHdrs } from '@nats-io/transport-node';
import type { EventEnvelope } from '@peermesh/contracts';

/** Header names of the CloudEvents NATS protocol binding, binary mode. */
const ATTRIBUTES = [
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'dataschema',
  'tenantid',
  'correlationid',
  'causationid',
  'partitionkey',
] as const;

/** The headers of a message, by name. */
export type EventHeaders = Readonly<Record<string, string>>;

/** Header lines of context attributes, in the order in which they are given. Values are percent-encoded as the binding says. */
export function headerLines(attributes: { readonly [Name in keyof EventEnvelope]?: string | undefined }): string {
  let lines = '';
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    lines +=
      name === 'traceparent' || name === 'tracestate' ? `${name}: ${value}\r\n` : `ce-${name}: ${encode(value)}\r\n`;
  }
  return lines;
}

/** The header block of an event: `Nats-Msg-Id` lets the broker drop what it has already. */
export function eventBlock(id: string, lines: string): string {
  return `NATS/1.0\r\ncontent-type: application/json\r\nNats-Msg-Id: ${id}\r\n${lines}\r\n`;
}

/** Headers to context attributes, or the name of the attribute that is missing. `read` gives '' for a header that is not there. */
export function fromHeaders(read: (name: string) => string): EventEnvelope | { readonly missing: string } {
  const values: Record<string, string> = {};
  for (const name of ATTRIBUTES) {
    const value = read(`ce-${name}`);
    if (value !== '') values[name] = decode(value);
  }
  for (const name of REQUIRED) if (values[name] === undefined) return { missing: `ce-${name}` };
  values['correlationid'] ??= values['id'] ?? '';
  values['partitionkey'] ??= values['id'] ?? '';
  values['dataschema'] ??= '';
  values['specversion'] = '1.0';
  values['datacontenttype'] = 'application/json';
  const traceparent = read('traceparent');
  if (traceparent !== '') {
    values['traceparent'] = traceparent;
    const tracestate = read('tracestate');
    if (tracestate !== '') values['tracestate'] = tracestate;
  }
  return values as unknown as EventEnvelope;
}

const REQUIRED = ['id', 'source', 'type', 'time', 'tenantid'] as const;

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
