import type { LinkRule } from '../network/link-rule.ts';
import { bridgeRule, chainRule, constrainedRule, hubRule, oneWayRule, splitRule } from '../network/partitions.ts';
import type { SeededRandom } from '../random.ts';
import { type FaultKind, type NetworkHost, target } from './fault.ts';

type Kind = FaultKind<NetworkHost>;

const everywhere = (): boolean => true;
const between =
  (left: string, right: string): LinkRule['appliesTo'] =>
  (from, to) =>
    (from === left && to === right) || (from === right && to === left);

/** A fault that is one rule for as long as it lasts. */
function ruleFault(
  name: string,
  summary: string,
  durationMs: readonly [number, number],
  rule: (host: NetworkHost, random: SeededRandom) => LinkRule | null,
): Kind {
  return {
    name,
    summary,
    durationMs,
    start(host, random, lengthMs) {
      const made = rule(host, random);
      if (made !== null) host.queue.after(lengthMs, host.addRule(made));
    },
  };
}

function pair(host: NetworkHost, random: SeededRandom): [string, string] | null {
  if (host.nodes().length < 2) return null;
  const left = target(host, random);
  return [left, random.pick(host.nodes().filter((node) => node !== left))];
}

/** A side of one to n-1 nodes; half of the time the smaller side holds the focus. */
function side(host: NetworkHost, random: SeededRandom): Set<string> | null {
  const nodes = host.nodes();
  if (nodes.length < 2) return null;
  const first = target(host, random);
  const others = random.shuffle(nodes.filter((node) => node !== first));
  return new Set([first, ...others.slice(0, random.integer(nodes.length - 1))]);
}

const LONG = [2_000, 15_000] as const;

export const NETWORK_FAULTS: readonly Kind[] = [
  ruleFault('drop', '2 to 40 % of all messages are lost', LONG, (_host, random) => ({
    appliesTo: everywhere,
    dropRate: random.between(0.02, 0.4),
  })),
  ruleFault('duplicate', '5 to 50 % of all messages arrive twice', LONG, (_host, random) => ({
    appliesTo: everywhere,
    duplicateRate: random.between(0.05, 0.5),
  })),
  ruleFault('reorder', 'messages overtake each other by up to 500 ms', LONG, (_host, random) => ({
    appliesTo: everywhere,
    reorderRate: random.between(0.05, 0.6),
    reorderMs: random.between(5, 500),
  })),
  ruleFault('delay-spike', 'every message takes 20 ms to 2 s longer', [500, 6_000], (_host, random) => ({
    appliesTo: everywhere,
    delayMs: random.between(20, 2_000),
  })),
  ruleFault('clog', 'what is sent to one node waits, then arrives all at once', [500, 8_000], (host, random) => {
    const node = target(host, random);
    return { appliesTo: (_from, to) => to === node, isClogged: true };
  }),
  ruleFault('one-way-cut', 'one direction between two nodes is dead', LONG, (host, random) => {
    const found = pair(host, random);
    return found === null ? null : oneWayRule(...found);
  }),
  ruleFault('deaf-node', 'one node sends and receives nothing', LONG, (host, random) => {
    const node = target(host, random);
    return { appliesTo: (_from, to) => to === node, isCut: true };
  }),
  ruleFault('mute-node', 'one node receives and sends nothing', LONG, (host, random) => {
    const node = target(host, random);
    return { appliesTo: (from) => from === node, isCut: true };
  }),
  ruleFault('split', 'two sides hear nothing of each other', LONG, (host, random) => {
    const found = side(host, random);
    return found === null ? null : splitRule(found);
  }),
  ruleFault('bridge', 'two sides and one node that reaches both', LONG, (host, random) => {
    const found = side(host, random);
    return found === null ? null : bridgeRule(found, target(host, random));
  }),
  ruleFault('chain', 'each node reaches only its neighbours in a line', LONG, (host, random) =>
    chainRule(random.shuffle(host.nodes())),
  ),
  ruleFault('hub', 'one node reaches all, no other pair is connected', LONG, (host, random) =>
    hubRule(target(host, random)),
  ),
  ruleFault('constrained-election', 'one node is left with a single neighbour', LONG, (host, random) => {
    const found = pair(host, random);
    return found === null ? null : constrainedRule(...found);
  }),
  {
    name: 'flapping-link',
    summary: 'the link between two nodes goes up and down every 20 ms to 1 s',
    durationMs: LONG,
    start(host, random, durationMs) {
      const found = pair(host, random);
      if (found === null) return;
      const endMs = host.queue.nowMs + durationMs;
      const periodMs = random.between(20, 1_000);
      const down = (): void => {
        if (host.queue.nowMs >= endMs) return;
        const up = host.addRule({ appliesTo: between(...found), isCut: true });
        host.queue.after(Math.min(periodMs, endMs - host.queue.nowMs), () => {
          up();
          host.queue.after(periodMs, down);
        });
      };
      down();
    },
  },
  ruleFault('relay-only', 'two nodes reach each other only through a third', LONG, (host, random) => {
    const found = pair(host, random);
    const others = host.nodes().filter((node) => found?.includes(node) === false);
    if (found === null || others.length === 0) return null;
    return { appliesTo: between(...found), relay: random.pick(others) };
  }),
  ruleFault('lane-kill', 'one lane of a link is dead, the others work', LONG, (host, random) => {
    const found = pair(host, random);
    if (found === null) return null;
    const dead = random.integer(3);
    const applies = between(...found);
    return { appliesTo: (from, to, lane) => lane === dead && applies(from, to, lane), isCut: true };
  }),
  ruleFault('link-kill', 'all lanes between two nodes are dead', LONG, (host, random) => {
    const found = pair(host, random);
    return found === null ? null : { appliesTo: between(...found), isCut: true };
  }),
  ruleFault('bandwidth-collapse', 'one node sends and receives at 0.2 to 20 kB/s', [1_000, 8_000], (host, random) => {
    const node = target(host, random);
    return { appliesTo: (from, to) => from === node || to === node, bytesPerMs: random.between(0.2, 20) };
  }),
];

/** For protocols over datagrams: a connection would not deliver twice. */
export const DATAGRAM_FAULTS: readonly Kind[] = [
  ruleFault(
    'late-duplicate',
    '2 to 30 % of all messages arrive a second time, up to 20 s later',
    LONG,
    (_host, random) => ({
      appliesTo: everywhere,
      duplicateRate: random.between(0.02, 0.3),
      duplicateLateMs: random.between(1_000, 20_000),
    }),
  ),
];
