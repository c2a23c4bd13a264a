import { defineError } from '../peermesh-error.ts';

/** Errors of the search service. */
export const searchErrors = {
  queryInvalid: defineError({
    code: 'PM_SEARCH_QUERY_INVALID',
    status: 400,
    title: 'The search cannot be run as it stands',
    description:
      'The query is empty where the mode needs words, a filter compares a field with a value of the wrong type, or all legs are switched off. `detail` says which.',
  }),
  cursorInvalid: defineError({
    code: 'PM_SEARCH_CURSOR_INVALID',
    status: 400,
    title: 'The cursor is not valid',
    description:
      'The cursor was altered, belongs to another query, or was made for somebody else. Search again without a cursor.',
  }),
  cursorExpired: defineError({
    code: 'PM_SEARCH_CURSOR_EXPIRED',
    status: 410,
    title: 'The cursor has expired',
    description: 'The frozen result list of a search lives for five minutes. Search again without a cursor.',
  }),
  sourcesUnavailable: defineError({
    code: 'PM_SEARCH_SOURCES_UNAVAILABLE',
    status: 503,
    title: 'Not enough of the search is available',
    description:
      'A leg that the caller requires did not answer, or none did. `sources` says what each leg did. Retry, or allow partial answers.',
  }),
  overloaded: defineError({
    code: 'PM_SEARCH_OVERLOADED',
    status: 503,
    title: 'Too many searches wait',
    description:
      'The search could not be started within a second, or within its own `deadlineMs`. Nothing was done. Retry after `Retry-After` seconds.',
  }),
  notCaughtUp: defineError({
    code: 'PM_SEARCH_NOT_CAUGHT_UP',
    status: 503,
    title: 'The change is not searchable yet',
    description:
      'The index did not reach `minSeq` within the deadline. `watermark` says how far it is. Retry after `Retry-After` seconds.',
  }),
  nodeUnknown: defineError({
    code: 'PM_SEARCH_NODE_UNKNOWN',
    status: 422,
    title: 'An end of the relationship does not exist',
    description: '`from` or `to` names nothing that the caller may know of. Store the entity or document first.',
  }),
} as const;
