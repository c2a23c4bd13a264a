import {
  dataSchemaOf,
  type EventData,
  type EventDefinition,
  type EventEnvelope,
  newEventId,
} from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import { producerCarrier } from '@peermesh/telemetry';
import pg from 'pg';
import { type EventHeaders, headerBlock, toHeaders } from './envelope.ts';
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
  return {
    async append(tx, event, items) {
      if (items.length === 0) return [];
      const codec = codecOf(event);
      const time = new Date().toISOString();
      const carrier = producerCarrier(event.subject);
      const ids: string[] = [];
      const rows: OutboxInsert[] = [];
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
        rows.push({ tenantId: item.tenantId, partitionKey: item.partitionKey, headers: toHeaders(envelope), body });
        ids.push(id);
      }
      await insertOutbox(tx, table, event.subject, event.stream, rows);
      return ids;
    },
  };
}

/** One row for the outbox. */
export interface OutboxInsert {
  readonly tenantId: string;
  readonly partitionKey: string;
  readonly headers: EventHeaders;
  readonly body: Uint8Array;
}

/**
 * Inserts rows of one subject. Headers and bodies travel as one binary parameter that the server cuts into pieces: an array
 * of `bytea` would be written out in hex, twice the size and several times the work.
 */
export async function insertOutbox(
  tx: Pick<Transaction<never>, 'client'>,
  table: string,
  subject: string,
  stream: string,
  rows: readonly OutboxInsert[],
): Promise<void> {
  const parts: Uint8Array[] = [];
  const starts: number[] = [];
  const headerBytes: number[] = [];
  const bodyBytes: number[] = [];
  let at = 1;
  for (const row of rows) {
    const block = Buffer.from(headerBlock(row.headers));
    parts.push(block, row.body);
    starts.push(at);
    headerBytes.push(block.length);
    bodyBytes.push(row.body.length);
    at += block.length + row.body.length;
  }
  await tx.client.query(
    `INSERT INTO ${table} (tenant_id, partition_key, subject, stream, headers, body)
     SELECT r.tenant_id, r.partition_key, $3, $4, substr($5::bytea, r.start, r.header_bytes), substr($5::bytea, r.start + r.header_bytes, r.body_bytes)
       FROM unnest($1::text[], $2::text[], $6::int[], $7::int[], $8::int[]) AS r (tenant_id, partition_key, start, header_bytes, body_bytes)`,
    [
      rows.map((row) => row.tenantId),
      rows.map((row) => row.partitionKey),
      subject,
      stream,
      Buffer.concat(parts),
      starts,
      headerBytes,
      bodyBytes,
    ],
  );
}
