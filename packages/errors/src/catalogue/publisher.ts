import { defineError } from '../peermesh-error.ts';

/** Errors of the publisher service. */
export const publisherErrors = {
  queryInvalid: defineError({
    code: 'PM_PUBLISHER_QUERY_INVALID',
    status: 422,
    title: 'The query of the filter cannot be read',
    description:
      'Use words, "phrases", AND, OR, NOT and parentheses. `detail` says what was expected and at which character.',
  }),
  probeFailed: defineError({
    code: 'PM_PUBLISHER_PROBE_FAILED',
    status: 422,
    title: 'The endpoint did not accept the probe',
    description:
      'An endpoint is enabled again once it answers a signed `endpoint.probe` with 2xx. `detail` says what it answered.',
  }),
  channelOff: defineError({
    code: 'PM_PUBLISHER_CHANNEL_OFF',
    status: 422,
    title: 'The channel is off in this installation',
    description: 'E-mail needs a mail server (`SMTP_URL`). An operator can set one.',
  }),
  verificationInvalid: defineError({
    code: 'PM_PUBLISHER_VERIFICATION_INVALID',
    status: 422,
    title: 'The verification token is not valid',
    description: 'The token was altered, belongs to another endpoint, or is older than a day. Ask for another mail.',
  }),
} as const;
