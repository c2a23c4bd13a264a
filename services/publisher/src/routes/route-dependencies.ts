import type { Principal } from '@peermesh/authz';
import type { Database } from '@peermesh/database';
import { commonErrors } from '@peermesh/errors';
import type { Bus } from '@peermesh/messaging';
import type { SecretBox } from '@peermesh/service-kit';
import type { WebhookSender } from '../adapters/http/webhook-sender.ts';
import type { LinkTokens } from '../domain/link-tokens.ts';
import type { Clock } from '../ports.ts';

/** What the routes need. */
export interface RouteDependencies {
  readonly db: Database<unknown>;
  readonly bus: Pick<Bus, 'publishMany'>;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly links: LinkTokens;
  readonly webhooks: WebhookSender;
  readonly isEmailOn: boolean;
  /** Throws when a webhook must not be sent to this URL. */
  readonly assertUrl: (url: string) => void;
  /** Something may be due. */
  readonly wake: () => void;
}

/** Whose things a caller may touch: their own, or everyone's in the tenant for an administrator. */
export function ownerFilter(principal: Principal): string | undefined {
  return principal.role === 'admin' ? undefined : principal.subject;
}

/** The same for lists, where an administrator may name one user. Others see their own whatever they ask for. */
export function listedUser(principal: Principal, userId: string | undefined): string | undefined {
  return principal.role === 'admin' ? userId : principal.subject;
}

/** The thing, or the 404 that does not tell whether it exists for somebody else. */
export function found<T>(thing: T | null): T {
  if (thing === null) throw commonErrors.notFound();
  return thing;
}

/** Refuses a change that was made from an older version. */
export function assertVersion(current: number, sent: number): void {
  if (current !== sent) throw commonErrors.versionConflict({ meta: { currentVersion: current } });
}
