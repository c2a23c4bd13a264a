import pg from 'pg';
import { tableOf } from './dead-letter-store.ts';

/** Which events one consumer has had its effect of. */
export interface Inbox {
  /**
   * The statement that notes events as handled and tells which were not yet, for the transaction of their effect: what is
   * rolled back was not noted. Needs no parameters, so that it travels with BEGIN. Throws when an id is not a UUID.
   */
  admission(eventIds: readonly string[]): string;
  /**
   * The same for events that come for the first time, at half the price: the server refuses all when one of them was handled
   * after all, which {@link Inbox.isRefusal} knows, and then {@link Inbox.admission} is due. Throws when an id is not a UUID.
   */
  entry(eventIds: readonly string[]): string;
  /** Whether a transaction failed because {@link Inbox.entry} named an event that was handled. */
  isRefusal(error: unknown): boolean;
  /** The events that either statement let in, of those that it was made for. */
  admitted(result: pg.QueryResult | null, eventIds: readonly string[]): Set<string>;
}

const UNIQUE_VIOLATION = '23505';
const UUIDS = /^[0-9a-f,-]*$/i;

/** The inbox of one consumer. */
export function inboxOf(schema: string, module: string, consumer: string): Inbox {
  const insert = `INSERT INTO ${tableOf(schema, module, 'inbox')} (consumer, message_id, status)
    SELECT ${pg.escapeLiteral(consumer)}, id, 'done' FROM unnest('{`;
  const insertion = (eventIds: readonly string[]): string => {
    const list = eventIds.join();
    if (!UUIDS.test(list)) throw new RangeError('the inbox takes UUIDs only');
    return `${insert}${list}}'::uuid[]) AS id`;
  };
  return {
    entry: insertion,
    isRefusal: (error) =>
      error instanceof pg.DatabaseError &&
      error.code === UNIQUE_VIOLATION &&
      error.schema === schema &&
      error.table === `${module}_inbox`,
    admission: (eventIds) => `WITH admitted AS (${insertion(eventIds)} ON CONFLICT DO NOTHING RETURNING message_id)
        SELECT CASE WHEN count(*) < ${new Set(eventIds).size} THEN array_agg(message_id::text) END AS few, count(*) AS admitted FROM admitted`,
    admitted: (result, eventIds) => {
      if (result?.command === 'INSERT') return new Set(eventIds);
      const row = result?.rows[0] as { few: string[] | null; admitted: string } | undefined;
      if (row === undefined || row.admitted === '0') return new Set();
      return new Set(row.few ?? eventIds);
    },
  };
}
