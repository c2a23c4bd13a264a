import type { MemberRecord } from './claim.ts';
import type { JoinRefusal } from './codec/messages.ts';

/** Who may join: anybody, who presents the key, or who is on the list. */
export type JoinPolicy = 'OPEN' | 'KEY_REQUIRED' | 'CLOSED';

/**
 * Decides who gets in. Supplied by the host, called synchronously inside `step`, so it must neither block nor throw.
 * Secrets are compared here and must be compared in constant time (`crypto.timingSafeEqual`).
 */
export interface Admission {
  /** May change while running; read on every join. */
  readonly policy: JoinPolicy;
  /** Under `KEY_REQUIRED`: is this the credential that lets `record` in? */
  checkKey(credential: Uint8Array, record: MemberRecord): boolean;
  /** Under `CLOSED`: is this id with this identity on the admission list? Also asked for members heard of by gossip. */
  isListed(record: MemberRecord): boolean;
}

/** Lets everybody in. */
export const OPEN_ADMISSION: Admission = { policy: 'OPEN', checkKey: () => true, isListed: () => true };

/** Why this join is refused, or undefined when it is welcome. */
export function joinRefusal(
  admission: Admission,
  credential: Uint8Array,
  record: MemberRecord,
): JoinRefusal | undefined {
  switch (admission.policy) {
    case 'OPEN':
      return undefined;
    case 'KEY_REQUIRED':
      return admission.checkKey(credential, record) ? undefined : 'bad_key';
    case 'CLOSED':
      return admission.isListed(record) ? undefined : 'closed';
  }
}

/** Whether a member that others vouch for may be taken into the view. */
export function isWelcome(admission: Admission, record: MemberRecord): boolean {
  return admission.policy !== 'CLOSED' || admission.isListed(record);
}
