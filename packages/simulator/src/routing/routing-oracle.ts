import type { Router, RouterReady, Version } from '@peermesh/routing';
import { InvariantRegistry } from '../invariant.ts';
import type { TraceRing } from '../trace.ts';
import { ROUTING_INVARIANT_NAMES, type RoutingInvariant } from './routing-invariants.ts';
import type { RoutingNode } from './routing-node.ts';
import type { SignatureBook } from './test-signer.ts';

/** Computations: a burst while a failure is learned about, then one each 5 s at the most often (RFC 8405). */
const COMPUTATIONS_BURST = 8;
const COMPUTATIONS_PER_SECOND = 0.6;

/** Sees everything that routers do and holds it against the rules. */
export class RoutingOracle {
  readonly registry = new InvariantRegistry<RoutingInvariant>(ROUTING_INVARIANT_NAMES);
  readonly #book: SignatureBook;
  readonly #trace: TraceRing;
  readonly #nowMs: () => number;
  readonly #versions = new Map<string, Version>();
  /** When anybody last installed an advertisement. */
  lastNewsAtMs = Number.NEGATIVE_INFINITY;
  installed = 0;
  refused = 0;
  computed = 0;

  constructor(book: SignatureBook, trace: TraceRing, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#book = book;
    this.#trace = trace;
  }

  /** A process starts with an empty database. */
  started(id: number): void {
    for (const key of this.#versions.keys()) if (key.startsWith(`${id} `)) this.#versions.delete(key);
  }

  /** All nodes know that this one is no longer a member. */
  evicted(id: number, nodes: readonly RoutingNode[]): void {
    for (const { name, router, isPaused, members } of nodes) {
      if (isPaused || members.has(id)) continue;
      this.registry.check(
        'NoStranger',
        router?.advertisement(id) === undefined || name === `n${id}`,
        () => `${name} keeps ${id}`,
      );
    }
  }

  served(node: RoutingNode, router: Router, { forwarding, events }: RouterReady, ageMs: number): void {
    for (const event of events) {
      if (event.kind === 'installed') this.#installed(node, router, event.origin, event.version);
      if (event.kind === 'refused') this.refused += 1;
      if (event.kind === 'expired') this.#versions.delete(`${node.id} ${event.origin}`);
      if (event.kind === 'computed') {
        this.computed += 1;
        const { computed, losses } = router.counters;
        const bound = COMPUTATIONS_BURST + (ageMs / 1_000) * COMPUTATIONS_PER_SECOND + losses;
        this.registry.check('ComputationsBounded', computed <= bound, () => `${node.name}: ${computed} in ${ageMs} ms`);
      }
    }
    for (const change of forwarding) {
      if (change.kind !== 'route') continue;
      const { destination, paths } = change.route;
      for (const { segments } of paths) {
        const isSimple = new Set([node.id, ...segments]).size === segments.length + 1;
        const isRoute = isSimple && segments.at(-1) === destination;
        this.registry.check('RoutesAreStrict', isRoute, () => `${node.name} to ${destination}: ${segments.join()}`);
      }
    }
  }

  #installed(node: RoutingNode, router: Router, origin: number, version: Version): void {
    this.installed += 1;
    this.lastNewsAtMs = this.#nowMs();
    const entry = router.advertisement(origin);
    const text = (): string => `${node.name} installed ${origin} ${version.epoch}.${version.seq}`;
    this.#trace.add(this.#nowMs(), node.name, 'installed', `${origin} ${version.epoch}.${version.seq}`);
    if (!entry) return;
    this.registry.check('GenuineOnly', this.#book.isGenuine(origin, entry.bytes), text);
    this.registry.check('NoStranger', node.members.has(origin), text);
    const key = `${node.id} ${origin}`;
    const before = this.#versions.get(key);
    const isLater =
      !before || version.epoch > before.epoch || (version.epoch === before.epoch && version.seq > before.seq);
    this.registry.check('VersionsAscend', isLater, () => `${text()} after ${before?.epoch}.${before?.seq}`);
    this.#versions.set(key, version);
  }
}
