import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import type { Principal } from '@peermesh/authz';
import { commonErrors } from '@peermesh/errors';

/** Who calls; set before anything of the request is read. */
export const PRINCIPAL = createContextKey<Principal | null>(null);

/** Who calls. */
export function principalOf({ values }: Pick<HandlerContext, 'values'>): Principal {
  const principal = values.get(PRINCIPAL);
  if (principal === null) throw commonErrors.unauthenticated();
  return principal;
}
