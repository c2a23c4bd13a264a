import type { Static } from 'typebox';
import type { Measured } from './environment.ts';

/** Anything that runs a query. */
interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** The effect of an event on both sides: it is stored, in one insert for the batch. */
export async function storeMeasured(
  client: Queryable,
  events: readonly { readonly id: string; readonly data: Static<(typeof Measured)['data']> }[],
): Promise<void> {
  await client.query('INSERT INTO search_measured (event_id, data) SELECT * FROM unnest($1::uuid[], $2::jsonb[])', [
    events.map(({ id }) => id),
    events.map(({ data }) => JSON.stringify(data)),
  ]);
}
