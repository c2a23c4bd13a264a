import { defineError } from '../peermesh-error.ts';

/** Errors of outbound requests to addresses that users chose (feeds, pages, webhooks). */
export const httpGuardErrors = {
  urlInvalid: defineError({
    code: 'PM_HTTP_GUARD_URL_INVALID',
    status: 422,
    title: 'The URL cannot be used',
    description:
      'The URL does not parse, is not http or https, carries a user name or password, or uses a port that is not allowed.',
  }),
  addressForbidden: defineError({
    code: 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN',
    status: 422,
    title: 'The URL leads to an address that is not allowed',
    description:
      'The host is, or resolves to, a loopback, private, link-local, multicast or otherwise reserved address. Only public addresses may be called; an operator can allow single hosts.',
  }),
  hostUnresolvable: defineError({
    code: 'PM_HTTP_GUARD_HOST_UNRESOLVABLE',
    status: 422,
    title: 'The host name does not resolve',
    description: 'DNS has no address for the host of the URL. Check its spelling, or try again later.',
  }),
} as const;
