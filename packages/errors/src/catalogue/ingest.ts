import { defineError } from '../peermesh-error.ts';

/** Errors of the ingest service. */
export const ingestErrors = {
  contentTooLarge: defineError({
    code: 'PM_INGEST_CONTENT_TOO_LARGE',
    status: 413,
    title: 'The content is too large',
    description: 'The text of one item exceeds the limit after conversion. Split the document and submit its parts.',
  }),
  contentEmpty: defineError({
    code: 'PM_INGEST_CONTENT_EMPTY',
    status: 422,
    title: 'The content holds no text',
    description: 'Nothing readable is left after markup, scripts and control characters are removed.',
  }),
  contentUnreadable: defineError({
    code: 'PM_INGEST_CONTENT_UNREADABLE',
    status: 422,
    title: 'The content cannot be read in the stated format',
    description: 'The body does not parse as its format says, or the handed-in extraction does not fit its text.',
  }),
  quotaExceeded: defineError({
    code: 'PM_INGEST_QUOTA_EXCEEDED',
    status: 429,
    title: 'The intake quota of the tenant is used up',
    description:
      'The tenant has submitted as many items or bytes as it may today (UTC). Wait, or ask for a larger quota.',
  }),
  scheduleInvalid: defineError({
    code: 'PM_INGEST_SCHEDULE_INVALID',
    status: 422,
    title: 'The schedule cannot be used',
    description:
      'The cron expression or time zone is unknown, the schedule never fires, or it does not fit the kind of source.',
  }),
  sourceUnavailable: defineError({
    code: 'PM_INGEST_SOURCE_UNAVAILABLE',
    status: 409,
    title: 'The source cannot be used now',
    description: 'The source is paused, disabled, or of a kind that does not support the operation.',
  }),
  signatureInvalid: defineError({
    code: 'PM_INGEST_SIGNATURE_INVALID',
    status: 401,
    title: 'The signature does not fit',
    description: 'The webhook signature or token is missing, wrong, or its timestamp is more than five minutes off.',
  }),
  fetchFailed: defineError({
    code: 'PM_INGEST_FETCH_FAILED',
    status: 502,
    title: 'The source could not be fetched',
    description:
      'The remote server could not be reached, answered with an error, or answered with something unreadable.',
  }),
} as const;
