import { type Principal, principalsOf } from '@peermesh/authz';
import type { ContentReader } from '../../../adapters/pg/content-store.ts';

/** What a caller may see of the intake log: administrators everything of their tenant, others by ACL and their own. */
export function readerOf(principal: Principal): ContentReader {
  if (principal.role === 'admin') return null;
  return { subject: principal.subject, principals: principalsOf(principal) };
}
