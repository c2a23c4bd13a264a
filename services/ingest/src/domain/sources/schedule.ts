import { createHash } from 'node:crypto';
import type { SourceSchedule } from '@peermesh/contracts/ingest';
import { ingestErrors } from '@peermesh/errors';
import { Cron } from 'croner';

/** Bounds of polling, whatever a schedule or a server asks for. */
export interface PollLimits {
  readonly intervalMsMin: number;
  readonly intervalMsMax: number;
  /** Sources on the same cron minute spread over this much time. */
  readonly cronJitterMsMax: number;
}

/** Refuses cron expressions, time zones and schedules that never fire. */
export function assertSchedule(schedule: SourceSchedule, now: Date): void {
  if (schedule.type !== 'cron') return;
  const next = nextCron(schedule, now);
  if (next === null) throw ingestErrors.scheduleInvalid({ detail: 'The cron expression never fires.' });
}

/**
 * The next planned fetch after `after`, or null when nothing is planned. A source keeps its own phase, derived from its
 * id, so that thousands of sources do not fire together; the phase survives restarts.
 */
export function nextPlanned(schedule: SourceSchedule, sourceId: string, after: Date, limits: PollLimits): Date | null {
  switch (schedule.type) {
    case 'interval': {
      const intervalMs = Math.max(schedule.seconds * 1000, limits.intervalMsMin);
      const offset = Math.floor(phaseOf(sourceId) * intervalMs);
      const cycles = Math.floor((after.getTime() - offset) / intervalMs) + 1;
      return new Date(cycles * intervalMs + offset);
    }
    case 'cron': {
      const next = nextCron(schedule, after);
      if (next === null) return null;
      return new Date(next.getTime() + Math.floor(phaseOf(sourceId) * limits.cronJitterMsMax));
    }
    case 'manual':
    case 'event':
      return null;
  }
}

/** A number in [0, 1) that belongs to the source. */
export function phaseOf(sourceId: string): number {
  return createHash('sha256').update(sourceId).digest().readUInt32BE(0) / 2 ** 32;
}

function nextCron(schedule: Extract<SourceSchedule, { type: 'cron' }>, after: Date): Date | null {
  try {
    return new Cron(schedule.expression, { timezone: schedule.timeZone, mode: '5-part', paused: true }).nextRun(after);
  } catch (cause) {
    throw ingestErrors.scheduleInvalid({
      detail: 'The cron expression (five fields) or the time zone is not known.',
      cause,
    });
  }
}
