import { defineError } from '../peermesh-error.ts';

/** Errors of the path computation element. */
export const routerErrors = {
  busy: defineError({
    code: 'PM_ROUTER_BUSY',
    status: 503,
    title: 'Too many paths are being computed',
    description: 'The queue of computations is full. Retry after `Retry-After` seconds.',
  }),
  timedOut: defineError({
    code: 'PM_ROUTER_TIMED_OUT',
    status: 504,
    title: 'The computation took too long',
    description: 'It was broken off. Ask for fewer paths or loosen the constraints.',
  }),
  proofInvalid: defineError({
    code: 'PM_ROUTER_PROOF_INVALID',
    status: 401,
    title: 'The proof of the node does not hold',
    description:
      'It is not signed by the key that it names, is for another service or mesh, or is out of date: compare the clocks.',
  }),
  historyGone: defineError({
    code: 'PM_ROUTER_HISTORY_GONE',
    status: 410,
    title: 'The history does not reach back so far',
    description: 'Link states of that time were deleted after the retention period.',
  }),
} as const;
