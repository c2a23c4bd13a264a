import { type Static, type TString, Type } from 'typebox';

/** An instant, RFC 3339 with offset (`2026-11-21T06:00:00.000Z`). */
export const Timestamp: TString = Type.String({ format: 'date-time', examples: ['2026-11-21T06:00:00.000Z'] });
/** An instant, RFC 3339 with offset. */
export type Timestamp = Static<typeof Timestamp>;

/**
 * An instant that a caller states, of the years 1000 to 2999. PostgreSQL and JavaScript do not agree on how to write those
 * of other years, and neither knows leap seconds.
 */
export const StatedTimestamp: TString = Type.String({
  format: 'date-time',
  pattern: '^[12][0-9]{3}-[0-9-]{5}.[0-9]{2}:[0-9]{2}:[0-5]',
  examples: ['2026-11-21T06:00:00.000Z'],
});
