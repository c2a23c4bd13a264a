import { dataSchemaOf, type EventData, type EventDefinition, newEventId } from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import { producerCarrier } from '@peermesh/telemetry';
import pg from 'pg';
import { eventBlock, headerLine } from './envelope.ts';
import { codecOf } from './event-codec.ts';
import { type OutboxEvent, packEvents } from './outbox-bundle.ts';

/** What the publisher says about one event besides its data. */
export interface PublishOptions {
  readonly tenantId: string;
  /** Events with the same key are published in the order in which their transactions held that key's lock. */
  readonly partitionKey: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** CloudEvents `subject`: the thing that the event is about. */
  readonly subject?: string;
  /** W3C trace context of what led to the event, where that is not what runs now; null means the present one. */
  readonly traceparent?: string | null;
}

/** One event of a batch. */
export interface PublishItem<E extends EventDefinition> extends PublishOptions {
  readonly data: EventData<E>;
}

/** Writes events into `{module}_outbox`, in the transaction of the change that they tell of. */
export interface Outbox {
  append<E extends EventDefinition>(
    tx: Pick<Transaction<never>, 'client'>,
    event: E,
    items: readonly PublishItem<E>[],
  ): Promise<string[]>;
}

/** Largest event; the server takes 4 MiB with headers. */
export const EVENT_BYTES_MAX = 3_900_000;

/** Makes the outbox of a module. */
export function createOutbox(options: {
  readonly schema: string;
  readonly module: string;
  readonly instance: string;
}): Outbox {
  const table = `${pg.escapeIdentifier(options.schema)}.${pg.escapeIdentifier(`${options.module}_outbox`)}`;
  const source = `/peermesh/${options.module}/${options.instance}`;
  return {
    async append(tx, event, items) {
      if (items.length === 0) return [];
      const codec = codecOf(event);
      const carrier = producerCarrier(event.subject);
      const traced = headerLine('traceparent', carrier.traceparent) + headerLine('tracestate', carrier.tracestate);
      const common =
        headerLine('specversion', '1.0') +
        headerLine('source', source) +
        headerLine('type', event.type) +
        headerLine('time', new Date().toISOString()) +
        headerLine('dataschema', dataSchemaOf(event));
      const ids: string[] = [];
      const events: OutboxEvent[] = [];
      for (const { tenantId, partitionKey, correlationId, causationId, subject, traceparent, data } of items) {
        const id = newEventId();
        const body = codec.encode(data);
        if (body.byteLength > EVENT_BYTES_MAX)
          throw new RangeError(`${event.type}: ${body.byteLength} bytes are too many`);
        const trace = typeof traceparent === 'string' ? headerLine('traceparent', traceparent) : traced;
        const own =
          headerLine('id', id) +
          headerLine('subject', subject) +
          headerLine('tenantid', tenantId) +
          headerLine('correlationid', correlationId) +
          headerLine('causationid', causationId) +
          headerLine('partitionkey', partitionKey);
        const headers = eventBlock(id, common + trace + own);
        events.push({ headers, body });
        ids.push(id);
      }
      await insertOutbox(tx, table, event.subject, event.stream, events);
      return ids;
    },
  };
}

/** Inserts events of one subject, in their order. */
export async function insertOutbox(
  tx: Pick<Transaction<never>, 'client'>,
  table: string,
  subject: string,
  stream: string,
  events: readonly OutboxEvent[],
): Promise<void> {
  for (const { sizes, events: bytes, isText } of packEvents(events))
    await tx.client.query({
      name: `append to ${table}`,
      text: `INSERT INTO ${table} (subject, stream, sizes, events, is_text) VALUES ($1, $2, $3, $4, $5)`,
      values: [subject, stream, `{${sizes.join()}}`, bytes, isText],
    });
}
