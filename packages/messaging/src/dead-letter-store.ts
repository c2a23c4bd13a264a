import type { MsgHdrs } from '@nats-io/transport-node';
import { newId } from '@peermesh/contracts';
import type { Database, Transaction } from '@peermesh/database';
import pg from 'pg';
import { type EventHeaders, fromHeaders, headerBlock, isEventId } from './envelope.ts';
import { insertOutbox } from './outbox.ts';

/** Header of a redriven message: the dead letter that it comes from. */
export const DEAD_LETTER_ID = 'pm-dead-letter-id';

/** A message that a consumer gives up on. */
export interface LostMessage {
  readonly consumer: string;
  readonly stream: string;
  readonly streamSequence: number;
  readonly subject: string;
  readonly headers: MsgHdrs | undefined;
  readonly body: Uint8Array;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
}

interface Host {
  // biome-ignore lint/suspicious/noExplicitAny: dead letters exist in every schema
  readonly db: Database<any>;
  readonly module: string;
  readonly wakeRelay: () => void;
}

type Tx = Pick<Transaction<never>, 'client'>;

/**
 * Stores a dead letter, announces it on `dlq.{module}.{operation}` and closes its inbox row, in one transaction. The same
 * message of the same consumer is stored once; a redriven message opens its dead letter again.
 */
export async function buryMessage(host: Host, lost: LostMessage): Promise<void> {
  const { db, module } = host;
  const message = { ...lost, reason: storable(lost.reason) };
  const headers = plainHeaders(message.headers);
  await db.system(async (tx) => {
    const letter =
      (await reopen(tx, db.schema, module, message, headers)) ??
      (await insert(tx, db.schema, module, message, headers));
    if (letter === null) return;
    await announce(tx, db.schema, module, message, letter, headers);
    tx.afterCommit(host.wakeRelay);
  });
}

/** Redriven messages had their effect. */
export async function resolveRedriven(tx: Tx, schema: string, module: string, ids: readonly string[]): Promise<void> {
  await tx.client.query(
    `UPDATE ${tableOf(schema, module, 'dead_letters')} SET state = 'resolved', resolved_at = clock_timestamp()
      WHERE id = ANY($1) AND state = 'redriven'`,
    [ids],
  );
}

/** `schema.module_name`, quoted. */
export function tableOf(schema: string, module: string, name: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(`${module}_${name}`)}`;
}

interface Letter {
  readonly id: string;
  readonly tenantId: string;
  readonly eventId: string | null;
  readonly subject: string;
  readonly attempts: number;
  readonly messageId: string;
}

/** The dead letter that a redriven message comes from, open again; undefined when the message is not a redriven one. */
async function reopen(
  tx: Tx,
  schema: string,
  module: string,
  message: LostMessage,
  headers: EventHeaders,
): Promise<Letter | null | undefined> {
  const id = headers[DEAD_LETTER_ID];
  if (message.stream !== 'REDRIVE' || id === undefined) return undefined;
  const { rows } = await tx.client.query<{
    tenant_id: string;
    event_id: string | null;
    subject: string;
    attempts: number;
    redrives: number;
    reopened: boolean;
  }>(
    `WITH reopened AS (
       UPDATE ${tableOf(schema, module, 'dead_letters')}
          SET state = 'open', attempts = attempts + $3, code = $4, reason = $5, last_failed_at = clock_timestamp(), redrive_at = NULL
        WHERE id = $1 AND consumer = $2 AND state = 'redriven' RETURNING id, attempts)
     SELECT tenant_id, event_id, subject, redrives, coalesce(reopened.attempts, letter.attempts) AS attempts,
            reopened.id IS NOT NULL AS reopened
       FROM ${tableOf(schema, module, 'dead_letters')} AS letter LEFT JOIN reopened USING (id) WHERE letter.id = $1`,
    [id, message.consumer, message.attempts, message.code, message.reason],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  if (!row.reopened) return null;
  return {
    id,
    tenantId: row.tenant_id,
    eventId: row.event_id,
    subject: row.subject,
    attempts: row.attempts,
    messageId: `${id}.${row.redrives}`,
  };
}

async function insert(
  tx: Tx,
  schema: string,
  module: string,
  message: LostMessage,
  headers: EventHeaders,
): Promise<Letter | null> {
  const envelope = fromHeaders((name) => message.headers?.get(name) ?? '');
  const known = 'missing' in envelope || !isEventId(envelope.id) ? null : envelope;
  const id = newId('deadLetter');
  const letter: Letter = {
    id,
    tenantId: known?.tenantid ?? 'default',
    eventId: known?.id ?? null,
    subject: message.subject,
    attempts: message.attempts,
    messageId: id,
  };
  const { rowCount } = await tx.client.query(
    `INSERT INTO ${tableOf(schema, module, 'dead_letters')}
       (id, tenant_id, consumer, stream, stream_seq, subject, event_id, headers, body, code, reason, attempts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (consumer, stream, stream_seq) DO NOTHING`,
    [
      id,
      letter.tenantId,
      message.consumer,
      message.stream,
      message.streamSequence,
      message.subject,
      letter.eventId,
      JSON.stringify(headers),
      message.body,
      message.code,
      message.reason,
      message.attempts,
    ],
  );
  return rowCount === 1 ? letter : null;
}

async function announce(
  tx: Tx,
  schema: string,
  module: string,
  message: LostMessage,
  letter: Letter,
  original: EventHeaders,
): Promise<void> {
  const headers: EventHeaders = {
    ...original,
    'Nats-Msg-Id': letter.messageId,
    [DEAD_LETTER_ID]: letter.id,
    'pm-dead-letter-consumer': message.consumer,
    'pm-dead-letter-code': message.code,
    'pm-dead-letter-reason': encodeURIComponent(message.reason.slice(0, 500).toWellFormed()),
    'pm-dead-letter-attempts': String(letter.attempts),
    'pm-dead-letter-subject': letter.subject,
  };
  await tx.client.query(
    `INSERT INTO ${tableOf(schema, module, 'inbox')} (consumer, message_id, status)
     SELECT $1, $2::uuid, 'dead' WHERE $2::uuid IS NOT NULL ON CONFLICT DO NOTHING`,
    [message.consumer, letter.eventId],
  );
  await insertOutbox(tx, tableOf(schema, module, 'outbox'), `dlq.${letter.subject}`, 'DLQ', [
    { headers: headerBlock(headers), body: message.body },
  ]);
}

function plainHeaders(headers: MsgHdrs | undefined): EventHeaders {
  const result: Record<string, string> = {};
  for (const [name, values] of headers ?? []) result[storable(name)] = storable(values[0] ?? '');
  return result;
}

/** PostgreSQL stores neither NUL nor lone surrogates. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
