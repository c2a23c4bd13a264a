import type { Transaction } from '@peermesh/database';
import pg from 'pg';

/** Which events one consumer has had its effect of. */
export interface Inbox {
  /** Notes events as handled and gives back those that were not yet. Undone when the transaction is. */
  admit(tx: Pick<Transaction<never>, 'client'>, eventIds: readonly string[]): Promise<string[]>;
}

/** The inbox of one consumer. */
export function inboxOf(schema: string, module: string, consumer: string): Inbox {
  const table = `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(`${module}_inbox`)}`;
  const text = `INSERT INTO ${table} (consumer, message_id, status) SELECT $1, id, 'done' FROM unnest($2::uuid[]) AS id
         ON CONFLICT DO NOTHING RETURNING message_id`;
  return {
    async admit(tx, eventIds) {
      const { rows } = await tx.client.query<{ message_id: string }>(text, [consumer, eventIds]);
      return rows.map((row) => row.message_id);
    },
  };
}
