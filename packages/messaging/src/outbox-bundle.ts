import { isUtf8 } from 'node:buffer';

/** One event for the outbox. */
export interface OutboxEvent {
  /** The header block as it goes over the wire. */
  readonly headers: string;
  readonly body: Uint8Array;
}

/** One event from the outbox. */
export interface StoredEvent {
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
}

/** Several events of one transaction in one row: a tenth of the work of a row for each. */
export interface OutboxBundle {
  /** For each event the bytes of its headers and of its body. */
  readonly sizes: readonly number[];
  readonly events: Buffer;
  /** Whether `events` is text for PostgreSQL, which then need not write it out in hex for the relay. */
  readonly isText: boolean;
}

const BUNDLE_EVENTS_MAX = 256;
const BUNDLE_BYTES_MAX = 128 * 1024;

/** Puts events, in their order, into as few bundles as the limits allow. An event larger than a bundle has one to itself. */
export function packEvents(events: readonly OutboxEvent[]): OutboxBundle[] {
  const bundles: OutboxBundle[] = [];
  let sizes: number[] = [];
  let members: OutboxEvent[] = [];
  let bytes = 0;
  const close = (): void => {
    if (members.length > 0) {
      const joinedEvents = joined(members, bytes);
      bundles.push({ sizes, events: joinedEvents, isText: isUtf8(joinedEvents) && !joinedEvents.includes(0) });
    }
    sizes = [];
    members = [];
    bytes = 0;
  };
  for (const event of events) {
    const headerBytes = Buffer.byteLength(event.headers);
    const eventBytes = headerBytes + event.body.byteLength;
    if (members.length === BUNDLE_EVENTS_MAX || bytes + eventBytes > BUNDLE_BYTES_MAX) close();
    sizes.push(headerBytes, event.body.byteLength);
    members.push(event);
    bytes += eventBytes;
  }
  close();
  return bundles;
}

/** The events of a bundle; they share its memory. Throws when the sizes do not add up. */
export function unpackEvents({ sizes, events }: Pick<OutboxBundle, 'sizes' | 'events'>): StoredEvent[] {
  const unpacked: StoredEvent[] = [];
  let at = 0;
  for (let index = 0; index < sizes.length; index += 2) {
    const bodyAt = at + (sizes[index] ?? 0);
    const end = bodyAt + (sizes[index + 1] ?? 0);
    unpacked.push({ headers: events.subarray(at, bodyAt), body: events.subarray(bodyAt, end) });
    at = end;
  }
  if (at !== events.length) throw new RangeError(`a bundle of ${events.length} bytes holds events of ${at}`);
  return unpacked;
}

function joined(events: readonly OutboxEvent[], bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const { headers, body } of events) {
    at += buffer.write(headers, at);
    buffer.set(body, at);
    at += body.byteLength;
  }
  return buffer;
}
