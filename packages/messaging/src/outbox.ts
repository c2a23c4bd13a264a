import { context, propagation } from '@opentelemetry/api';
import {
  dataSchemaOf,
  type EventData,
  type EventDefinition,
  type EventEnvelope,
  newEventId,
} from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import pg from 'pg';
import { toHeaders } from './envelope.ts';
import { codecOf } from './event-codec.ts';

/** What the publisher says about one event besides its data. */
export interface PublishOptions {
  readonly tenantId: string;
  /** Events with the same key are published in the order in which their transactions held that key's lock. */
  readonly partitionKey: string;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** CloudEvents `subject`: the thing that the event is about. */
  readonly subject?: string;
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
  const insert = `INSERT INTO ${table} (id, tenant_id, partition_key, subject, stream, headers, body)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[])`;
  return {
    async append(tx, event, items) {
      if (items.length === 0) return [];
      const codec = codecOf(event);
      const time = new Date().toISOString();
      const carrier: { traceparent?: string; tracestate?: string } = {};
      propagation.inject(context.active(), carrier);
      const ids: string[] = [];
      const columns: unknown[][] = [[], [], [], [], [], [], []];
      for (const item of items) {
        const id = newEventId();
        const body = codec.encode(item.data);
        if (body.byteLength > EVENT_BYTES_MAX)
          throw new RangeError(`${event.type}: ${body.byteLength} bytes are too many`);
        const envelope: EventEnvelope = {
          specversion: '1.0',
          id,
          source,
          type: event.type,
          time,
          ...(item.subject === undefined ? {} : { subject: item.subject }),
          datacontenttype: 'application/json',
          dataschema: dataSchemaOf(event),
          tenantid: item.tenantId,
          correlationid: item.correlationId ?? id,
          ...(item.causationId === undefined ? {} : { causationid: item.causationId }),
          partitionkey: item.partitionKey,
          ...carrier,
        };
        const row = [
          id,
          item.tenantId,
          item.partitionKey,
          event.subject,
          event.stream,
          JSON.stringify(toHeaders(envelope)),
          body,
        ];
        for (const [column, value] of row.entries()) columns[column]?.push(value);
        ids.push(id);
      }
      await tx.client.query(insert, columns);
      return ids;
    },
  };
}
