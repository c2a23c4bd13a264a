import { hasFlag, NodeFlag } from '@peermesh/routing';
import type { SeededRandom } from '../random.ts';
import { convergenceFlaw, runUntilFlawless } from './convergence.ts';
import type { SimMeshNode } from './mesh-node.ts';
import { CONVERGE_MS } from './shape.ts';
import type { Traffic } from './traffic.ts';
import type { MeshWorld } from './world.ts';

/** The longest that a link is held back for flapping, and the back-off of the computation (RFC 8405). */
const SETTLE_MS = 45_000;
const DRAIN_KNOWN_MS = 15_000;
/** What set out before everybody knew has arrived after this time. */
const UNDER_WAY_MS = 2_000;
const ARRIVAL_MS = 2_000;
const CUT_ARRIVAL_MS = 1_000;
const QUIET_MS = 30_000;

/** What must be true after the last fault: run from the time of healing on. */
export class CalmChecks {
  convergedAfterMs = 0;
  settledAfterMs = 0;
  slowestAfterCutMs = 0;
  readonly #world: MeshWorld;
  readonly #traffic: Traffic;
  readonly #random: SeededRandom;

  constructor(world: MeshWorld, traffic: Traffic, random: SeededRandom) {
    this.#world = world;
    this.#traffic = traffic;
    this.#random = random;
  }

  run(): void {
    const { queue } = this.#world;
    const fromMs = queue.nowMs;
    const flaw = runUntilFlawless(this.#world, CONVERGE_MS, () => convergenceFlaw(this.#world));
    this.#world.registry.check('ConvergedAfterHeal', flaw === '', () => flaw);
    this.convergedAfterMs = queue.nowMs - fromMs;
    this.#checkPairs('FlowsAfterHeal');
    this.#traffic.isOn = false;
    const isSettled = this.#until(fromMs + SETTLE_MS - queue.nowMs, () => this.#unused());
    this.#world.registry.check('LinksUsedAfterHeal', isSettled, () => this.#unused());
    this.settledAfterMs = queue.nowMs - fromMs;
    this.#traffic.isOn = true;
    this.#drainOne();
    this.#cutOne();
    this.#traffic.isOn = false;
    this.#finish();
  }

  #until(withinMs: number, flaw: () => string): boolean {
    return runUntilFlawless(this.#world, withinMs, flaw) === '';
  }

  /** A node whose routes are not from all links that are up; empty when there is none. */
  #unused(): string {
    const nodes = this.#world.all();
    const up = new Set(nodes.flatMap((node) => [...neighboursOf(node)].map((peer) => `${node.id}-${peer}`)));
    const edges = [...up].filter((edge) => up.has(edge.split('-').reverse().join('-'))).length;
    for (const { name, overlay } of nodes) {
      const used = overlay?.router?.graph?.edgeCount;
      if (used !== edges) return `${name} uses ${used} of ${edges} directions of links`;
    }
    return '';
  }

  /** Somebody who has not heard of it or whose routes do not say that of a node; empty when everybody's do. */
  #mistakenAbout(id: number, isDraining: boolean, isTransit: boolean): string {
    for (const { name, overlay } of this.#world.all()) {
      const graph = overlay?.router?.graph;
      const index = graph?.nodeIds.indexOf(id) ?? -1;
      const flags = overlay?.router?.advertisement(id)?.advertisement.flags ?? 0;
      if (hasFlag(flags, NodeFlag.DRAIN) !== isDraining) return `${name} has not heard of n${id}`;
      if ((graph?.transit[index] === 1) !== isTransit) return `${name} takes n${id} for what it is not`;
    }
    return '';
  }

  #checkPairs(invariant: 'FlowsAfterHeal' | 'DrainPartsNobody'): void {
    const { registry, ledger, queue } = this.#world;
    const sent: { text: string; number: number }[] = [];
    for (const src of this.#world.all())
      for (const dst of this.#world.all())
        if (src !== dst) sent.push({ text: `${src.name} to ${dst.name}`, number: this.#traffic.check(src, dst.id) });
    queue.runUntil(queue.nowMs + ARRIVAL_MS);
    for (const { text, number } of sent)
      registry.check(invariant, !Number.isNaN(ledger.arrivedAtMs(number)), () => text);
  }

  #drainOne(): void {
    const { queue, registry } = this.#world;
    const node = this.#random.pick(this.#world.all());
    const isNeeded = this.#isNeeded(node);
    this.#setDraining(node, true, isNeeded);
    queue.runUntil(queue.nowMs + UNDER_WAY_MS);
    const before = node.overlay?.counters.transitFrames;
    queue.runUntil(queue.nowMs + 3_000);
    const after = node.overlay?.counters.transitFrames;
    const isSpared = isNeeded || before === after;
    registry.check('DrainedCarriesNothing', isSpared, () => `${node.name} forwarded ${after} after ${before}`);
    this.#checkPairs('DrainPartsNobody');
    this.#setDraining(node, false, true);
  }

  #setDraining(node: SimMeshNode, isDraining: boolean, isTransit: boolean): void {
    this.#world.setDraining(node, isDraining);
    const isKnown = this.#until(DRAIN_KNOWN_MS, () => this.#mistakenAbout(node.id, isDraining, isTransit));
    const text = (): string => this.#mistakenAbout(node.id, isDraining, isTransit);
    this.#world.registry.check('DrainKnown', isKnown, text);
  }

  /** Whether somebody reaches somebody else only by this node. */
  #isNeeded(node: SimMeshNode): boolean {
    const others = this.#world.all().filter((other) => other !== node);
    return others.some((from) => {
      const reached = this.#reachable(from, (id) => id !== node.id);
      return others.some(({ id }) => !reached.has(id));
    });
  }

  /** Cuts one link in use, while each pair that has another way sends. */
  #cutOne(): void {
    const { queue, registry, ledger } = this.#world;
    const nodes = this.#world.all();
    const from = this.#random.pick(nodes);
    const peers = neighboursOf(from);
    if (peers.size === 0) return;
    const to = this.#random.pick([...peers]);
    const ends = new Set([from.name, `n${to}`]);
    const restore = this.#world.addRule({ appliesTo: (a, b) => ends.has(a) && ends.has(b), isCut: true });
    const cutAtMs = queue.nowMs;
    const isCut = (id: number, peer: number): boolean =>
      (id === from.id && peer === to) || (id === to && peer === from.id);
    const reached = this.#reachable(from, (id, peer) => !isCut(id, peer));
    const sent = nodes
      .filter((node) => node !== from && reached.has(node.id))
      .map((node) => ({ node, number: this.#traffic.check(from, node.id) }));
    queue.runUntil(queue.nowMs + CUT_ARRIVAL_MS);
    for (const { node, number } of sent) {
      const tookMs = ledger.arrivedAtMs(number) - cutAtMs;
      const text = (): string => `${from.name} to ${node.name} after n${from.id}-n${to} was cut`;
      registry.check('FlowsAfterCut', number < 0 || tookMs <= CUT_ARRIVAL_MS, text);
      if (tookMs > this.slowestAfterCutMs) this.slowestAfterCutMs = tookMs;
    }
    queue.runUntil(queue.nowMs + 5_000);
    restore();
  }

  /** Everybody to whom there is a way of such steps. */
  #reachable(from: SimMeshNode, isStep: (id: number, peer: number) => boolean): Set<number> {
    const reached = new Set([from.id]);
    for (const id of reached)
      for (const peer of neighboursOf(this.#world.nodeById(id))) if (isStep(id, peer)) reached.add(peer);
    return reached;
  }

  #finish(): void {
    const { registry, ledger } = this.#world;
    const lifeOf = (id: number): number => this.#world.nodeById(id).life;
    const isQuiet = this.#until(QUIET_MS, () => {
      return ledger.missing(lifeOf).length > 0 ? 'a message has not arrived' : this.#unrest();
    });
    const [missing] = ledger.missing(lifeOf);
    registry.check('NoLoss', missing === undefined, () => JSON.stringify(missing));
    registry.check('QuietInTheEnd', isQuiet, () => this.#unrest());
    this.#until(QUIET_MS, () => this.#creditFlaw());
    registry.check('CreditConserved', this.#creditFlaw() === '', () => this.#creditFlaw());
  }

  #unrest(): string {
    for (const { name, overlay } of this.#world.all()) {
      const held = overlay?.heldBytes();
      if (held === undefined) return `${name} is down`;
      if (held.heldFrames > 0 || held.receiving > 0 || held.sending > 0) return `${name} holds ${JSON.stringify(held)}`;
      for (const { parkedBytes, shortId, isUp } of overlay?.links() ?? [])
        if (parkedBytes > 0 && isUp) return `${name}: ${parkedBytes} bytes wait for n${shortId}`;
    }
    return '';
  }

  #creditFlaw(): string {
    for (const node of this.#world.all()) {
      for (const { shortId, isUp, stats } of node.overlay?.links() ?? []) {
        const back = this.#world
          .nodeById(shortId)
          .overlay?.links()
          .find((link) => link.shortId === node.id);
        if (!isUp || back === undefined || !back.isUp) continue;
        for (const [trafficClass, window] of WINDOWS.entries()) {
          const credit = stats.creditBytes[trafficClass]! + back.stats.unreleasedBytes[trafficClass]!;
          const isWhole = credit <= window && credit >= window * (3 / 4) - UNDER_WAY_BYTES;
          const isFree = back.stats.unreleasedBytes[trafficClass] === 0;
          if (!isWhole || !isFree) return `${node.name} to n${shortId}, class ${trafficClass}: ${credit} of ${window}`;
        }
      }
    }
    return '';
  }
}

/** What each class is granted; less than a quarter of it may be released and not yet announced. */
const WINDOWS = [512 * 1024, 2 * 1024 * 1024, 8 * 1024 * 1024];
const UNDER_WAY_BYTES = 64 * 1024;

function neighboursOf(node: SimMeshNode): Set<number> {
  return new Set(node.overlay?.links().flatMap(({ isUp, shortId }) => (isUp && shortId !== 0 ? [shortId] : [])));
}
