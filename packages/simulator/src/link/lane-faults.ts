import type { InvariantRegistry } from '../invariant.ts';
import type { FaultKind, NetworkHost } from '../nemesis/fault.ts';
import { NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import type { LinkRule } from '../network/link-rule.ts';
import type { SeededRandom } from '../random.ts';
import type { LinkInvariant } from './invariants.ts';
import { type LinkEndpoint, laneOf } from './link-endpoint.ts';
import type { LinkShape } from './link-shape.ts';

/** What faults of lanes need of a world. */
export interface LinkHost extends NetworkHost {
  readonly registry: InvariantRegistry<LinkInvariant>;
  readonly shape: LinkShape;
  readonly ends: readonly [LinkEndpoint, LinkEndpoint];
  /** Counts up with every rule and every stall: the same number twice means that nothing else happened in between. */
  readonly disturbances: number;
  /** True when no rule is active and none has been for a second. */
  readonly isCalm: boolean;
  disturb(): void;
}

type Kind = FaultKind<LinkHost>;

const LONG = [600, 5_000] as const;
const end = (host: LinkHost, random: SeededRandom): LinkEndpoint => host.ends[random.integer(2)] as LinkEndpoint;
const lane = (host: LinkHost, random: SeededRandom): number => random.integer(host.shape.lanes);

/** A cut of one lane. Unless something else happens in the meantime, both ends must stop using the lane in time. */
function cutFault(
  name: string,
  summary: string,
  appliesTo: (host: LinkHost, random: SeededRandom) => LinkRule['appliesTo'],
): Kind {
  return {
    name,
    summary,
    durationMs: LONG,
    start(host, random, durationMs) {
      const { isCalm } = host;
      const cut = lane(host, random);
      const isHit = appliesTo(host, random);
      const rule: LinkRule = { appliesTo: (from, to, of) => laneOf(of) === cut && isHit(from, to, of), isCut: true };
      host.queue.after(durationMs, host.addRule(rule));
      const before = host.disturbances;
      const startedAtMs = host.queue.nowMs;
      const { profile, config } = host.shape;
      const queueMs = config.inFlightBytesMin / profile.bytesPerMs;
      const dueMs = 330 + 2 * profile.latencyMs + 22 * profile.jitterMs + 2 * queueMs + 20;
      const generations = host.ends.map(({ generations: of }) => of[cut]);
      if (dueMs >= durationMs || !isCalm) return;
      host.queue.after(dueMs, () => {
        const wasStalled = host.ends.some(({ stalledUntilMs }) => stalledUntilMs > startedAtMs);
        if (host.disturbances !== before || wasStalled) return;
        for (const [i, { link, name: of, generations: now }] of host.ends.entries()) {
          const { lanes } = link.stats();
          const state = lanes[cut]?.state ?? 'DOWN';
          const isUsed = state === 'UP' || state === 'SUSPECT';
          const isSame = now[cut] === generations[i];
          const hasOther = lanes.some((other) => other.lane !== cut && other.state === 'UP');
          const carried = lanes.reduce(
            (sum, { lane: carrier, carries }) => sum + (carrier === cut ? 0 : carries.length),
            0,
          );
          const text = (): string => `${of}: ${JSON.stringify(lanes)} after the cut of ${cut}`;
          host.registry.check('FailsOver', !hasOther || carried === lanes.length, text);
          host.registry.check(
            'SilenceFound',
            !isUsed || !isSame,
            () => `${of}: lane ${cut} is ${state} after ${dueMs} ms`,
          );
        }
      });
    },
  };
}

const LANE_FAULTS: readonly Kind[] = [
  cutFault('lane-cut', 'one lane swallows everything, both ways', () => () => true),
  cutFault('lane-cut-one-way', 'one lane swallows everything that one end sends (nebula#1748)', (host, random) => {
    const { name } = end(host, random);
    return (from) => from === name;
  }),
  {
    name: 'lane-closed',
    summary: 'the connection of a lane is closed and both ends hear of it',
    durationMs: [1, 1],
    start: (host, random) => {
      host.disturb();
      end(host, random).closeLane(lane(host, random), true);
    },
  },
  {
    name: 'lane-half-closed',
    summary: 'the connection of a lane is gone at one end, the other has only the silence',
    durationMs: [1, 1],
    start: (host, random) => {
      host.disturb();
      end(host, random).closeLane(lane(host, random), false);
    },
  },
  {
    name: 'lane-slow',
    summary: 'one lane has a hundredth of its bandwidth, one way',
    durationMs: LONG,
    start(host, random, durationMs) {
      const [slow, { name }] = [lane(host, random), end(host, random)];
      const bytesPerMs = Math.max(100, host.shape.profile.bytesPerMs / 100);
      const rule: LinkRule = { appliesTo: (from, _to, of) => laneOf(of) === slow && from === name, bytesPerMs };
      host.queue.after(durationMs, host.addRule(rule));
    },
  },
  {
    name: 'all-lanes-closed',
    summary: 'every connection is closed at once',
    durationMs: [1, 1],
    start: (host, random) => {
      host.disturb();
      const closing = end(host, random);
      for (let i = 0; i < host.shape.lanes; i += 1) closing.closeLane(i, random.chance(0.5));
    },
  },
  {
    name: 'stall',
    summary: 'the event loop of one end stands still',
    durationMs: [20, 2_500],
    start(host, random, durationMs) {
      host.disturb();
      end(host, random).stall(host.queue.nowMs + durationMs);
    },
  },
  {
    name: 'slow-consumer',
    summary: 'the consumers of one end take long for each delivery',
    durationMs: LONG,
    start(host, random, durationMs) {
      const slow = end(host, random);
      slow.slowMs += 200;
      host.queue.after(durationMs, () => void (slow.slowMs -= 200));
    },
  },
  {
    name: 'garbage',
    summary: 'bytes that no peer would send come in over a lane',
    durationMs: [1, 1],
    start(host, random) {
      const bytes = Uint8Array.from({ length: random.integer(2_000) }, () => random.integer(256));
      bytes[0] = 0;
      if (random.chance(0.5)) end(host, random).inject(lane(host, random), bytes);
      else end(host, random).injectAck(lane(host, random), 2 ** 31 + random.integer(2 ** 31));
    },
  },
];

/** Every kind of fault that a link goes through; the cut of one lane is this folder's own. */
export const LINK_FAULTS: readonly Kind[] = [
  ...NETWORK_FAULTS.filter(({ name }) => name !== 'lane-kill'),
  ...LANE_FAULTS,
];
