import { newId } from '@peermesh/contracts';
import type { Transaction } from '@peermesh/database';
import pg from 'pg';
import type { EventHeaders } from './envelope.ts';

/** An event that a consumer gives up on. */
export interface DeadLetter {
  readonly tenantId: string;
  readonly consumer: string;
  readonly stream: string;
  readonly streamSequence: number;
  readonly subject: string;
  /** Null when the message does not even carry an id. */
  readonly eventId: string | null;
  readonly headers: EventHeaders;
  readonly body: Uint8Array;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
}

/**
 * Stores a dead letter and announces it on `dlq.{module}.{operation}`, in the transaction that also closes the inbox row.
 * The same message of the same consumer is stored once.
 */
export async function storeDeadLetter(
  tx: Pick<Transaction<never>, 'client'>,
  schema: string,
  module: string,
  letter: DeadLetter,
): Promise<void> {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(`${module}_dead_letters`)}`;
  const outbox = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(`${module}_outbox`)}`;
  const id = newId('deadLetter');
  const { rowCount } = await tx.client.query(
    `INSERT INTO ${table} (id, tenant_id, consumer, stream, stream_seq, subject, event_id, headers, body, code, reason, attempts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (consumer, stream, stream_seq) DO NOTHING`,
    [
      id,
      letter.tenantId,
      letter.consumer,
      letter.stream,
      letter.streamSequence,
      letter.subject,
      letter.eventId,
      JSON.stringify(letter.headers),
      letter.body,
      letter.code,
      letter.reason,
      letter.attempts,
    ],
  );
  if (rowCount !== 1) return;
  const headers: EventHeaders = {
    ...letter.headers,
    'Nats-Msg-Id': id,
    'pm-dead-letter-id': id,
    'pm-dead-letter-consumer': letter.consumer,
    'pm-dead-letter-code': letter.code,
    'pm-dead-letter-reason': letter.reason.replace(/[\r\n]+/g, ' ').slice(0, 500),
    'pm-dead-letter-attempts': String(letter.attempts),
    'pm-dead-letter-subject': letter.subject,
  };
  await tx.client.query(
    `INSERT INTO ${outbox} (id, tenant_id, partition_key, subject, stream, headers, body)
     VALUES (gen_random_uuid(), $1, $2, $3, 'DLQ', $4, $5)`,
    [
      letter.tenantId,
      letter.eventId ?? id,
      `dlq.${letter.subject.replace(/^redrive\./, `${module}.`)}`,
      JSON.stringify(headers),
      letter.body,
    ],
  );
}
