import type { SeededRandom } from '../random.ts';
import { type ClockHost, type FaultKind, type ProcessHost, type StopStyle, target } from './fault.ts';

const POWER_LOSS: readonly StopStyle[] = ['power-clean', 'power-torn', 'power-reordered'];

function stopFault(name: string, summary: string, style: (random: SeededRandom) => StopStyle): FaultKind<ProcessHost> {
  return {
    name,
    summary,
    durationMs: [100, 10_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      host.stop(node, style(random));
      host.queue.after(durationMs, () => host.start(node));
    },
  };
}

export const PROCESS_FAULTS: readonly FaultKind<ProcessHost>[] = [
  stopFault('crash', 'kill -9 and a restart; the page cache survives', () => 'kill'),
  stopFault('power-loss', 'what was not fsynced is lost', () => 'power-clean'),
  stopFault('torn-tail', 'power loss in the middle of a write', () => 'power-torn'),
  stopFault('sector-reorder', 'power loss; sectors of the last write are zero', () => 'power-reordered'),
  {
    name: 'power-loss-all',
    summary: 'all nodes lose power together',
    durationMs: [100, 5_000],
    start(host, random, durationMs) {
      for (const node of host.nodes()) {
        host.stop(node, random.pick(POWER_LOSS));
        host.queue.after(durationMs * random.next(), () => host.start(node));
      }
    },
  },
  {
    name: 'crash-loop',
    summary: 'a node crashes again and again soon after its start',
    durationMs: [2_000, 10_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      const endMs = host.queue.nowMs + durationMs;
      const crash = (): void => {
        if (host.queue.nowMs >= endMs) return;
        host.stop(node, random.pick(['kill', ...POWER_LOSS]));
        host.queue.after(random.between(5, 200), () => {
          host.start(node);
          host.queue.after(random.exponential(400), crash);
        });
      };
      crash();
    },
  },
  {
    name: 'rolling-restart',
    summary: 'all nodes restart one after the other',
    durationMs: [3_000, 15_000],
    start(host, random, durationMs) {
      const nodes = random.shuffle(host.nodes());
      for (const [index, node] of nodes.entries()) {
        host.queue.after((durationMs * index) / nodes.length, () => {
          host.stop(node, 'kill');
          host.queue.after(random.between(10, 300), () => host.start(node));
        });
      }
    },
  },
  {
    name: 'pause',
    summary: 'a process stops for 0.1 to 30 s and goes on as if nothing had happened',
    durationMs: [100, 30_000],
    start: (host, random, durationMs) => host.pause(target(host, random), durationMs),
  },
  {
    name: 'event-loop-stall',
    summary: 'a node stalls for 20 to 500 ms again and again',
    durationMs: [1_000, 8_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      const endMs = host.queue.nowMs + durationMs;
      const stall = (): void => {
        if (host.queue.nowMs >= endMs) return;
        const lengthMs = Math.min(random.between(20, 500), endMs - host.queue.nowMs);
        host.pause(node, lengthMs);
        host.queue.after(lengthMs + random.exponential(200), stall);
      };
      stall();
    },
  },
  {
    name: 'slow-cpu',
    summary: 'every event of one node takes 0.2 to 5 ms longer',
    durationMs: [1_000, 10_000],
    start(host, random, durationMs) {
      const node = target(host, random);
      host.slow(node, random.between(0.2, 5));
      host.queue.after(durationMs, () => host.slow(node, 0));
    },
  },
];

export const CLOCK_FAULTS: readonly FaultKind<ClockHost>[] = [
  {
    name: 'clock-jump',
    summary: 'the clock of one node jumps by up to an hour, either way',
    durationMs: [1, 1],
    start: (host, random) => host.clock(target(host, random)).jump(random.between(-3_600_000, 3_600_000)),
  },
  {
    name: 'clock-drift',
    summary: 'the clock of one node runs up to 5 % fast or slow',
    durationMs: [5_000, 40_000],
    start(host, random, durationMs) {
      const clock = host.clock(target(host, random));
      clock.drift(random.between(0.95, 1.05));
      host.queue.after(durationMs, () => clock.drift(1));
    },
  },
];
