import pg from 'pg';
import { tableOf } from './dead-letter-store.ts';

/** Which events one consumer has had its effect of. */
export interface Inbox {
  /**
   * The statement that notes events as handled and gives back those that were not yet, for the transaction of their effect:
   * what is rolled back was not noted. Needs no parameters, so that it travels with BEGIN.
   * @param eventIds UUIDs
   */
  admission(eventIds: readonly string[]): string;
  /** The events that the statement let in. */
  admitted(result: pg.QueryResult | null): string[];
}

/** The inbox of one consumer. */
export function inboxOf(schema: string, module: string, consumer: string): Inbox {
  const insert = `INSERT INTO ${tableOf(schema, module, 'inbox')} (consumer, message_id, status)
    SELECT ${pg.escapeLiteral(consumer)}, id, 'done' FROM unnest(`;
  return {
    admission: (eventIds) =>
      `${insert}${pg.escapeLiteral(`{${eventIds.join()}}`)}::uuid[]) AS id ON CONFLICT DO NOTHING RETURNING message_id`,
    admitted: (result) => (result?.rows ?? []).map((row: { message_id: string }) => row.message_id),
  };
}
