import { defineError } from '../peermesh-error.ts';

/** What the typed client reports when there is no answer of the API. The status is what a gateway would have sent. */
export const clientErrors = {
  unreachable: defineError({
    code: 'PM_CLIENT_UNREACHABLE',
    status: 503,
    title: 'The API cannot be reached',
    description:
      'The connection could not be made or broke before an answer arrived. Whether a write took effect is unknown: repeat it with the same `Idempotency-Key`.',
  }),
  timedOut: defineError({
    code: 'PM_CLIENT_TIMED_OUT',
    status: 504,
    title: 'The API did not answer in time',
    description:
      'No complete answer arrived within the time limit of the client. Whether a write took effect is unknown: repeat it with the same `Idempotency-Key`.',
  }),
  unexpectedAnswer: defineError({
    code: 'PM_CLIENT_UNEXPECTED_ANSWER',
    status: 502,
    title: 'The answer is not one of the contract',
    description:
      'The status or the body is not what the route declares, so it was likely written by something in between. `answerStatus` is its status.',
  }),
} as const;
