import type { StreamTotals, StreamWindow } from '../mesh-processes/index.ts';

/** What one event did to traffic. */
export interface Recovery {
  readonly what: string;
  /** From the event to the first arrival of a message that was sent after it, ms; null when none arrived. */
  readonly flowsAfterMs: number | null;
  /** The longest time without a message, ms. */
  readonly silenceMs: number;
  /** From the event to a leader that another node knows, ms; null when the leader stayed. */
  readonly leaderAfterMs: number | null;
}

const BAR_MAX = 30;
const BAR_MESSAGES = 4;

/** A time for people: under ten milliseconds with a decimal, from a second on in seconds. */
export function timeOf(ms: number | null): string {
  if (ms === null) return '-';
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;
}

/** One line of the live view: what arrived in this stretch of time. */
export function liveLine({ messages, p50Ms, p99Ms, gapMs }: StreamWindow, lengthMs: number): string {
  const rate = Math.round((messages * 1_000) / lengthMs);
  const bar = '#'.repeat(Math.min(BAR_MAX, Math.ceil(rate / BAR_MESSAGES)));
  return [
    `${String(rate).padStart(4)} msg/s ${bar.padEnd(BAR_MAX)}`,
    `p50 ${timeOf(p50Ms).padStart(7)}`,
    `p99 ${timeOf(p99Ms).padStart(7)}`,
    `longest gap ${timeOf(gapMs).padStart(7)}`,
  ].join('  ');
}

/** All recoveries as a table, with what became of the messages. */
export function reportOf(recoveries: readonly Recovery[], totals: StreamTotals): string {
  const width = Math.max(...recoveries.map(({ what }) => what.length));
  const columns = ['traffic again', 'longest silence', 'new leader'] as const;
  const head = ['What happened'.padEnd(width), ...columns].join('   ');
  const rows = recoveries.map(({ what, flowsAfterMs, silenceMs, leaderAfterMs }) =>
    [
      what.padEnd(width),
      timeOf(flowsAfterMs).padStart(columns[0].length),
      timeOf(silenceMs).padStart(columns[1].length),
      timeOf(leaderAfterMs).padStart(columns[2].length),
    ].join('   '),
  );
  const { accepted, arrived, lost, repeated, disordered } = totals;
  return [
    head,
    ...rows,
    '',
    `Messages: ${accepted} accepted, ${arrived} arrived, ${lost} lost, ${repeated} repeated, ${disordered} out of order.`,
  ].join('\n');
}

/** Whether the demonstration showed what it promises: traffic came back each time, and nothing was lost, doubled or disordered. */
export function isGood(
  recoveries: readonly Recovery[],
  { accepted, lost, repeated, disordered }: StreamTotals,
): boolean {
  const hasRecovered = recoveries.every(({ flowsAfterMs }) => flowsAfterMs !== null);
  return hasRecovered && accepted > 0 && lost + repeated + disordered === 0;
}
