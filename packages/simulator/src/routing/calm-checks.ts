import { NodeFlag } from '@peermesh/routing';
import type { SeededRandom } from '../random.ts';
import type { RoutingNode } from './routing-node.ts';
import type { RoutingWorld } from './routing-world.ts';
import { CONVERGED_MS, CUT_PERIOD_MS, CUTS, CUTS_FROM_MS, DURATION_MS, HEAL_MS } from './world-shape.ts';

const POLL_MS = 500;
/** 300 until it is noticed, 50 of waiting, and flooding. */
const CUT_REACH_MS = 400;
/** Routers that computed something within this time wait for up to 200 instead of 50. */
const NEWS_MS = 10_500;
const BUSY_REACH_MS = CUT_REACH_MS + 150;
const CUT_MS = 20_000;
/** Refreshes go on: whoever is converged owes nothing at some time within this, looked at so often. */
const QUIET_MS = 2_000;
const QUIET_LOOK_MS = 50;
/** A frame is dropped when it has crossed that many links: one byte on the wire. */
const TTL = 255;

/** Whether nodes that drain relay where there is no other way. */
type DrainingUse = 'never' | 'last-resort';

/** What must be true when nothing happens: convergence, then single cuts and deaths one at a time. */
export class CalmChecks {
  readonly #world: RoutingWorld;
  readonly #random: SeededRandom;
  /** Who was seen to owe nothing before the next check. */
  readonly #quiet = new Set<string>();
  /** From the last fault until all databases were equal. */
  convergedAfterMs = Number.NaN;
  cuts = 0;

  constructor(world: RoutingWorld, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  start(): void {
    const { queue } = this.#world;
    queue.at(HEAL_MS, () => this.#poll());
    queue.at(CONVERGED_MS, () => this.#drainOne());
    for (const atMs of [CUTS_FROM_MS - 1, DURATION_MS - 1]) {
      for (let agoMs = QUIET_MS; agoMs > 0; agoMs -= QUIET_LOOK_MS) queue.at(atMs - agoMs, () => this.#lookForQuiet());
      queue.at(atMs, () => this.#converged());
    }
    for (let cut = 0; cut < CUTS; cut += 1) {
      queue.at(CUTS_FROM_MS + cut * CUT_PERIOD_MS, () => (cut % 2 === 0 ? this.#cutLink() : this.#killNode()));
    }
  }

  /** Frames between random pairs, whatever the state of the network. */
  sampleLoops(pairs: number): void {
    const running = this.#world.running();
    if (running.length < 2) return;
    for (let pair = 0; pair < pairs; pair += 1) {
      const [from, to] = [this.#random.pick(running), this.#random.pick(running)];
      if (from !== to) this.#deliver(from, to.id);
    }
  }

  #poll(): void {
    const { queue, oracle } = this.#world;
    const difference = this.#difference();
    if (difference === undefined) {
      this.convergedAfterMs = queue.nowMs - HEAL_MS;
      oracle.registry.check('ConvergedAfterHeal', true, () => '');
      return;
    }
    oracle.registry.check('ConvergedAfterHeal', queue.nowMs < CONVERGED_MS, () => difference);
    queue.after(POLL_MS, () => this.#poll());
  }

  #difference(): string | undefined {
    const { members } = this.#world;
    const texts = this.#world.running().map(({ name, router }) => {
      const versions = router?.versions() ?? [];
      const isComplete = versions.length === members.size;
      return { name, text: isComplete ? JSON.stringify(versions) : `incomplete ${JSON.stringify(versions)}` };
    });
    const odd = texts.find(({ text }) => text !== texts[0]?.text || text.startsWith('incomplete'));
    return odd && `${odd.name} has ${odd.text}, ${texts[0]?.name} has ${texts[0]?.text}`;
  }

  /** Everyone reaches everyone by the best path, over a draining node only where it must be, and owes nothing. */
  #converged(): void {
    const { oracle, members } = this.#world;
    this.#checkReach(0, 'last-resort');
    this.#lookForQuiet();
    const isWhole = this.#isWholeWithoutDraining();
    for (const { name, router, table, id } of this.#world.running()) {
      const owed = router?.counters.unacknowledged;
      oracle.registry.check('QuietWhenConverged', this.#quiet.has(name), () => `${name} owes ${owed} all the time`);
      const strangers = router?.versions().filter(([origin]) => !members.has(origin));
      oracle.registry.check('NoStranger', strangers?.length === 0, () => `${name} keeps ${JSON.stringify(strangers)}`);
      const around = this.#connected(id, 'never');
      for (const to of members) {
        const paths = table?.route(to)?.paths ?? [];
        const spared = isWhole ? paths : around.has(to) ? paths.slice(0, 1) : [];
        for (const { segments } of spared) {
          const drained = segments.slice(0, -1).find((relay) => this.#world.isDraining(relay));
          oracle.registry.check('DrainedCarriesNothing', drained === undefined, () => `${id} to ${to} over ${drained}`);
        }
      }
    }
    this.#quiet.clear();
  }

  #lookForQuiet(): void {
    for (const { name, router } of this.#world.running())
      if (router?.counters.unacknowledged === 0) this.#quiet.add(name);
  }

  /** In half of the seeds a node is being drained during the calm. */
  #drainOne(): void {
    if (this.#random.chance(0.5))
      this.#world.setFlags(this.#random.pick(this.#world.nodes()), NodeFlag.RELAY | NodeFlag.DRAIN);
  }

  #cutLink(): void {
    const { queue } = this.#world;
    const { a, b } = this.#random.pick(this.#world.links());
    const ends = new Set([`n${a}`, `n${b}`]);
    const restore = this.#world.addRule({ appliesTo: (from, to) => ends.has(from) && ends.has(to), isCut: true });
    this.cuts += 1;
    this.#checkReachAfter(this.#isQuiet ? CUT_REACH_MS : BUSY_REACH_MS);
    queue.after(CUT_MS, restore);
  }

  #killNode(): void {
    const { queue } = this.#world;
    const name = this.#random.pick(this.#world.nodes());
    this.#world.stop(name, 'kill');
    this.cuts += 1;
    // Its neighbours notice at different times: what the first one says ends the quiet.
    this.#checkReachAfter(BUSY_REACH_MS);
    queue.after(CUT_MS, () => this.#world.start(name));
  }

  get #isQuiet(): boolean {
    return this.#world.queue.nowMs - this.#world.oracle.lastNewsAtMs > NEWS_MS;
  }

  #checkReachAfter(milliseconds: number): void {
    this.#world.queue.after(milliseconds, () => this.#checkReach(1, 'never'));
  }

  /** Every running pair that is connected is in reach, with that many repairs on the way. */
  #checkReach(repairsMax: number, draining: DrainingUse): void {
    for (const from of this.#world.running()) {
      const inReach = this.#connected(from.id, draining);
      for (const to of this.#world.running()) {
        if (to === from || !inReach.has(to.id)) continue;
        const { at, repairs } = this.#deliver(from, to.id);
        const isThere = at === to.id && repairs <= repairsMax;
        const text = (): string => `${from.id} to ${to.id}: a frame got to ${at} after ${repairs} repairs`;
        this.#world.oracle.registry.check('ReachableAfterCut', isThere, text);
      }
    }
  }

  #isWholeWithoutDraining(): boolean {
    return this.#world.running().every(({ id }) => {
      return this.#connected(id, 'never').size === this.#connected(id, 'last-resort').size;
    });
  }

  /** What the links that carry frames now connect, through nodes that relay. */
  #connected(from: number, draining: DrainingUse): Set<number> {
    const reached = new Set([from]);
    for (const at of reached) {
      if (at !== from && draining === 'never' && this.#world.isDraining(at)) continue;
      for (const { a, b } of this.#world.links()) {
        const next = a === at ? b : b === at ? a : undefined;
        const isOpen = next !== undefined && this.#world.isPassable(at, next) && this.#world.isPassable(next, at);
        if (isOpen) reached.add(next);
      }
    }
    return reached;
  }

  /** Sends a frame: the source's route, and one repair where the next link is down. */
  #deliver(from: RoutingNode, to: number): { readonly at: number; readonly repairs: number } {
    let left = [...(from.table?.pathTo(to, this.#random.integer(1_000))?.segments ?? [])];
    let at = from.id;
    let repairs = 0;
    const visits = new Map<number, number>();
    for (let next = left.shift(), hops = 0; next !== undefined; next = left.shift()) {
      if (this.#world.isPassable(at, next)) {
        at = next;
        hops += 1;
        visits.set(at, (visits.get(at) ?? 0) + 1);
        const isFine = hops < TTL && (visits.get(at) ?? 0) <= 2;
        this.#world.oracle.registry.check('NoLoop', isFine, () => `${from.id} to ${to} meets ${at} again`);
        continue;
      }
      const detour = repairs === 0 ? this.#world.nodeById(at).table?.detour(next, to) : undefined;
      if (!detour) break;
      repairs += 1;
      left = [...detour.segments];
    }
    return { at, repairs };
  }
}
