import type { Principal } from '@peermesh/authz';
import { commonErrors } from '@peermesh/errors';

/** The tenant whose administrators run the installation. */
const OPERATING_TENANT = 'default';

/** Signing keys belong to the whole installation, not to a tenant. */
export function assertOperator(principal: Principal): void {
  if (principal.tenantId !== OPERATING_TENANT) throw commonErrors.forbidden();
}
