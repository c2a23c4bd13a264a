import type { MembershipConfig, MembershipEvent } from '@peermesh/membership';
import { splitRule } from '../network/partitions.ts';
import { SeededRandom } from '../random.ts';
import { type MeshWatcher, MeshWorld } from './mesh-world.ts';
import type { SimMember } from './sim-member.ts';

interface MeasuredMesh {
  readonly nodes: number;
  readonly config: MembershipConfig;
  readonly latencyMs: readonly [number, number];
  readonly seed: number;
}

const FORM_MS = 2_000;
const FORMED_WITHIN_MS = 120_000;
const LOOK_MS = 250;

/** A formed mesh whose events go to `onEvent`. @throws when it does not form */
function formMesh(
  { nodes, config, latencyMs, seed }: MeasuredMesh,
  lossRate: number,
  onEvent: (observer: SimMember, event: MembershipEvent, nowMs: number) => void,
): { world: MeshWorld; random: SeededRandom } {
  const random = new SeededRandom(seed);
  const watcher: MeshWatcher = {
    onEvent,
    onPacket: () => undefined,
    onRule: () => undefined,
    onLateReceiver: () => undefined,
    onThrow: (_node, cause) => {
      throw cause;
    },
  };
  const world = new MeshWorld({
    nodes,
    config,
    network: { latencyMs, lossRate },
    random: random.fork('world'),
    watcher,
  });
  world.form(FORM_MS);
  runUntilAgreed(world, FORMED_WITHIN_MS, lossRate === 0);
  return { world, random };
}

/** Whether all running members see exactly each other, and in the same incarnations. */
function isAgreed(world: MeshWorld, isExact: boolean): boolean {
  const running = [...world.members()].filter(({ isRunning }) => isRunning);
  const digest = running[0]?.core.viewDigest;
  return running.every(({ core }) => core.activeCount === running.length && (!isExact || core.viewDigest === digest));
}

/** Runs until agreement and returns how long it took. @throws when it takes longer than `withinMs` */
function runUntilAgreed(world: MeshWorld, withinMs: number, isExact: boolean): number {
  const { queue } = world;
  const startedAtMs = queue.nowMs;
  while (!isAgreed(world, isExact)) {
    if (queue.nowMs - startedAtMs > withinMs) throw new Error(`no agreement within ${withinMs} virtual ms`);
    queue.runUntil(queue.nowMs + LOOK_MS);
  }
  return queue.nowMs - startedAtMs;
}

/** How long it takes until the first, and until every, surviving member has given up a node that died. */
export interface DetectionResult {
  readonly firstMs: readonly number[];
  readonly everywhereMs: readonly number[];
  /** Sent by one node while nothing happens. */
  readonly restBytesPerSecond: number;
  /** Virtual seconds simulated per second of CPU, while nothing happens. */
  readonly speed: number;
}

const REST_MS = 30_000;
const DEATH_INTERVAL_MS = 7_000;

/** Kills nodes one after the other, without loss. @throws when a survivor never learns of a death */
export function measureDetection(options: MeasuredMesh & { readonly deaths: number }): DetectionResult {
  const verdicts = new Map<string, { atMs: number; count: number; firstMs: number; lastMs: number }>();
  const { world, random } = formMesh(options, 0, (_observer, event, nowMs) => {
    const verdict = event.type === 'member_failed' ? verdicts.get(event.member.id) : undefined;
    if (verdict === undefined) return;
    verdict.count += 1;
    verdict.lastMs = nowMs - verdict.atMs;
    if (verdict.count === 1) verdict.firstMs = verdict.lastMs;
  });
  const { queue } = world;
  queue.runUntil(queue.nowMs + DEATH_INTERVAL_MS);
  const bytesBefore = world.network.counts.bytes;
  const cpuBefore = process.cpuUsage().user;
  queue.runUntil(queue.nowMs + REST_MS);
  const cpuSeconds = (process.cpuUsage().user - cpuBefore) / 1_000_000;
  const restBytesPerSecond = ((world.network.counts.bytes - bytesBefore) * 1_000) / REST_MS / options.nodes;
  const ids = random.fork('deaths').shuffle(world.nodes());
  let dead = 0;
  for (const id of ids.slice(0, options.deaths)) {
    if (dead >= options.nodes / 2) {
      for (const gone of ids.slice(0, dead)) world.start(gone);
      dead = 0;
      runUntilAgreed(world, FORMED_WITHIN_MS, true);
    }
    const verdict = { atMs: queue.nowMs, count: 0, firstMs: 0, lastMs: 0 };
    verdicts.set(id, verdict);
    world.stop(id);
    dead += 1;
    queue.runUntil(queue.nowMs + DEATH_INTERVAL_MS + random.between(0, 1_000));
    const survivors = options.nodes - dead;
    if (verdict.count < survivors) throw new Error(`${id} is dead to ${verdict.count} of ${survivors} only`);
    verdicts.delete(id);
    verdicts.set(`${id} done`, verdict);
  }
  const all = [...verdicts.values()];
  return {
    firstMs: all.map(({ firstMs }) => firstMs),
    everywhereMs: all.map(({ lastMs }) => lastMs),
    restBytesPerSecond,
    speed: REST_MS / 1_000 / cpuSeconds,
  };
}

/** What loss and slow nodes did to a mesh in which nobody dies. */
export interface LossResult {
  readonly nodes: number;
  readonly slowNodes: number;
  readonly nodeHours: number;
  readonly suspicions: number;
  readonly healthyEvictions: number;
  readonly slowEvictions: number;
}

interface LossOptions extends MeasuredMesh {
  readonly nodeHours: number;
  /** Share of packets that are lost. */
  readonly lossRate: number;
  /** Share of nodes that stall for 0.1 to 5 s, on average every 20 s. */
  readonly slowShare: number;
}

/** Runs a mesh under loss; counts verdicts of any member on nodes that were well, and on the slow ones. */
export function measureLoss(options: LossOptions): LossResult {
  const { nodes, nodeHours, slowShare, lossRate } = options;
  const slow = new Set<string>();
  const counts = { suspicions: 0, healthyEvictions: 0, slowEvictions: 0 };
  let isFormed = false;
  const { world, random } = formMesh(options, lossRate, (_observer, event) => {
    if (!isFormed || !('member' in event)) return;
    const isSlow = slow.has(event.member.id);
    if (event.type === 'member_failed') counts[isSlow ? 'slowEvictions' : 'healthyEvictions'] += 1;
  });
  isFormed = true;
  const { queue } = world;
  const before = suspicionsRaised(world);
  const endMs = queue.nowMs + (nodeHours * 3_600_000) / nodes;
  for (const id of world.nodes().slice(0, Math.round(nodes * slowShare))) {
    slow.add(id);
    const stalls = random.fork(`stalls of ${id}`);
    const stall = (): void => {
      const forMs = stalls.between(100, 5_000);
      world.pause(id, forMs);
      queue.after(forMs + stalls.exponential(20_000), stall);
    };
    queue.after(stalls.exponential(20_000), stall);
  }
  queue.runUntil(endMs);
  counts.suspicions = suspicionsRaised(world) - before;
  return { nodes, slowNodes: slow.size, nodeHours, ...counts };
}

function suspicionsRaised(world: MeshWorld): number {
  let sum = 0;
  for (const { core } of world.members()) sum += core.counters.suspicionsRaised;
  return sum;
}

/** Cuts a mesh in half for `splitMs`, heals it, and measures the time to one view. */
export function measureHealing(options: MeasuredMesh & { readonly splitMs: number }): { readonly convergedMs: number } {
  const { world } = formMesh(options, 0, () => undefined);
  const { queue } = world;
  const end = world.addRule(splitRule(new Set(world.nodes().filter((_id, index) => index % 2 === 0))));
  queue.runUntil(queue.nowMs + options.splitMs);
  end();
  return { convergedMs: runUntilAgreed(world, 600_000, true) };
}
