import type { Preferences } from '@peermesh/contracts/publisher';
import type { ClaimedDelivery } from '../domain/delivery.ts';
import { applyPreferences } from '../domain/preferences.ts';
import { mayRead } from '../domain/subscription-index.ts';

/** Whether a claimed delivery is still to be sent. */
export type SendDecision =
  | { readonly kind: 'send' }
  | { readonly kind: 'cancel' | 'suppress'; readonly reason: string }
  | { readonly kind: 'postpone'; readonly until: Date }
  /** Not started in time; somebody claims it again at once. */
  | { readonly kind: 'return'; readonly until: Date };

/** Looks again at send time: subscriptions end, rights change, preferences too. */
export function decideSending(delivery: ClaimedDelivery, preferences: Preferences, now: Date): SendDecision {
  if (delivery.kind !== 'document') return { kind: 'send' };
  if (delivery.subscriptionState === 'paused') return { kind: 'cancel', reason: 'subscription_paused' };
  if (delivery.subscriptionState !== 'active') return { kind: 'cancel', reason: 'subscription_deleted' };
  if (!mayRead(delivery, new Set(delivery.acl))) return { kind: 'suppress', reason: 'not_permitted' };
  if (delivery.channel === 'callback') return { kind: 'send' };
  const verdict = applyPreferences(preferences, { channel: delivery.channel, topics: delivery.topics }, now);
  if (verdict.kind === 'suppress') return { kind: 'suppress', reason: verdict.reason };
  if (verdict.kind === 'wait') return { kind: 'postpone', until: verdict.until };
  return { kind: 'send' };
}
