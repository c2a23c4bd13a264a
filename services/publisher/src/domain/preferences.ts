import type { Preferences } from '@peermesh/contracts/publisher';
import { foldName } from './subscription-filter.ts';

type Channel = 'webhook' | 'realtime' | 'email';

/** What preferences say about one delivery. */
export type PreferenceVerdict =
  | { readonly kind: 'send' }
  | { readonly kind: 'suppress'; readonly reason: 'preference' }
  | { readonly kind: 'wait'; readonly until: Date }
  | { readonly kind: 'digest'; readonly windowStart: Date; readonly windowEnd: Date };

/** A user's own settings before those of the tenant, field by field. */
export function mergePreferences(tenant: Preferences | null, user: Preferences | null): Preferences {
  return {
    ...tenant,
    ...user,
    channels: { ...tenant?.channels, ...user?.channels },
    mutedTopics: [...(tenant?.mutedTopics ?? []), ...(user?.mutedTopics ?? [])],
  };
}

/**
 * Decides about one delivery: the channel, then topic by channel, then quiet hours, then the digest. A document is muted
 * when all of its topics are. Quiet hours and digests are for people: webhooks are sent at any time.
 */
export function applyPreferences(
  preferences: Preferences,
  delivery: { readonly channel: Channel; readonly topics: readonly string[] },
  now: Date,
): PreferenceVerdict {
  const { channel, topics } = delivery;
  if (preferences.channels?.[channel] === false) return { kind: 'suppress', reason: 'preference' };
  const muted = new Set(
    (preferences.mutedTopics ?? [])
      .filter((mute) => mute.channel === undefined || mute.channel === channel)
      .map(({ topic }) => foldName(topic)),
  );
  if (topics.length > 0 && topics.every((topic) => muted.has(foldName(topic)))) {
    return { kind: 'suppress', reason: 'preference' };
  }
  if (channel === 'webhook') return { kind: 'send' };
  if (channel === 'email' && (preferences.emailDigest ?? 'off') !== 'off') {
    return { kind: 'digest', ...digestWindow(preferences, now) };
  }
  const until = quietUntil(preferences, now);
  return until === null ? { kind: 'send' } : { kind: 'wait', until };
}

/** The end of the quiet hours that `now` lies in, or null. */
export function quietUntil({ quietHours }: Preferences, now: Date): Date | null {
  if (quietHours === undefined || quietHours === null || quietHours.start === quietHours.end) return null;
  const start = minutesOf(quietHours.start);
  const end = minutesOf(quietHours.end);
  const current = localMinutes(now, quietHours.timeZone);
  const isQuiet = start < end ? current >= start && current < end : current >= start || current < end;
  if (!isQuiet) return null;
  // Walks to the first minute whose wall clock is outside: right across summer time, where arithmetic on hours is not.
  const minute = Math.floor(now.getTime() / 60_000) * 60_000;
  const distance = (end - current + 1440) % 1440;
  for (const offset of [distance - 60, distance, distance + 60]) {
    const candidate = new Date(minute + offset * 60_000);
    if (offset > 0 && localMinutes(candidate, quietHours.timeZone) === end) return candidate;
  }
  return new Date(minute + distance * 60_000);
}

function digestWindow(preferences: Preferences, now: Date): { windowStart: Date; windowEnd: Date } {
  const hourMs = 3_600_000;
  if (preferences.emailDigest === 'hourly') {
    const start = Math.floor(now.getTime() / hourMs) * hourMs;
    return { windowStart: new Date(start), windowEnd: new Date(start + hourMs) };
  }
  const timeZone = preferences.quietHours?.timeZone ?? 'UTC';
  const minute = Math.floor(now.getTime() / 60_000) * 60_000;
  const start = startOfDay(new Date(minute), timeZone);
  const later = startOfDay(new Date(start.getTime() + 30 * hourMs), timeZone);
  return { windowStart: start, windowEnd: later };
}

function startOfDay(at: Date, timeZone: string): Date {
  const since = localMinutes(at, timeZone);
  for (const offset of [since, since - 60, since + 60]) {
    const candidate = new Date(at.getTime() - offset * 60_000);
    if (localMinutes(candidate, timeZone) === 0) return candidate;
  }
  return new Date(at.getTime() - since * 60_000);
}

/** Whether the runtime knows a time zone by this name. */
export function isTimeZone(timeZone: string): boolean {
  try {
    formatOf(timeZone);
    return true;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  formats.set(timeZone, made);
  return made;
}

function localMinutes(at: Date, timeZone: string): number {
  return minutesOf(formatOf(timeZone).format(at));
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}
