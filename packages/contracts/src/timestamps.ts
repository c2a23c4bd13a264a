import { type Static, type TString, Type } from 'typebox';

/** An instant, RFC 3339 with offset (`2026-11-21T06:00:00.000Z`). */
export const Timestamp: TString = Type.String({ format: 'date-time', examples: ['2026-11-21T06:00:00.000Z'] });
/** An instant, RFC 3339 with offset. */
export type Timestamp = Static<typeof Timestamp>;
