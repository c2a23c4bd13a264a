import type { ForwardingChange } from '../forwarding/routes.ts';
import type { CompactGraph } from '../graph/compact-graph.ts';
import type { DatabaseEntry, LinkStateDatabase } from '../link-state/database.ts';
import { describePath } from '../paths/path-description.ts';
import type { PathIds } from '../paths/path-ids.ts';
import { InstalledRoutes, type UnnumberedPath } from './installed-routes.ts';
import { OfferBasis } from './offer-basis.ts';
import { confirmPath, edgesOf, faultOf, isOverloaded } from './path-check.ts';
import type { OfferConfig, OfferedPath, OfferedRoute, OfferRefusal, RouteOffer } from './route-offer.ts';

/** What became of offers, since the start. */
export interface OfferCounters {
  readonly taken: number;
  readonly confirmed: number;
  /** Offers, routes and paths that were not used or were given up, by reason. */
  readonly refused: Readonly<Partial<Record<OfferRefusal, number>>>;
  /** Destinations whose installed route is an offered one, now. */
  readonly installed: number;
}

/** The offer that is in use. */
export interface OfferInUse {
  readonly tag: string;
  readonly takenAtMs: number;
  /** When it was last taken or confirmed. */
  readonly confirmedAtMs: number;
  readonly untilMs: number;
}

interface Held extends OfferInUse {
  readonly basis: OfferBasis;
  readonly routes: ReadonlyMap<number, OfferedRoute>;
  /** Destinations that were looked at before: what is refused of an offer is counted once. */
  readonly considered: Set<number>;
}

/**
 * Routes that a path computation element offers, between the own computation and the forwarding table. An offered route takes
 * the place of the own one for as long as the offer is fresh and the own database confirms each link of it; in the instant in
 * which it does not, the own route is back. Whoever offers can choose among paths that this node knows to work, and nothing
 * else. Own routes and repairs go on being computed beneath.
 */
export class OfferedRoutes {
  readonly #self: number;
  readonly #config: OfferConfig;
  readonly #database: LinkStateDatabase;
  readonly #routes: InstalledRoutes;
  readonly #pending = new Set<number>();
  readonly #refused: Partial<Record<OfferRefusal, number>> = {};
  #held: Held | null = null;
  #behindAtMs = Number.POSITIVE_INFINITY;
  #taken = 0;
  #confirmed = 0;

  constructor(self: number, config: OfferConfig, database: LinkStateDatabase, ids: PathIds) {
    this.#self = self;
    this.#config = config;
    this.#database = database;
    this.#routes = new InstalledRoutes(self, ids);
  }

  get inUse(): OfferInUse | null {
    return this.#held;
  }

  get counters(): OfferCounters {
    const refused = { ...this.#refused };
    return { taken: this.#taken, confirmed: this.#confirmed, refused, installed: this.#routes.size };
  }

  /** When {@link OfferedRoutes.tick} has something to do. */
  get dueAtMs(): number {
    return this.#held === null ? Number.POSITIVE_INFINITY : Math.min(this.#held.untilMs, this.#behindAtMs);
  }

  /** Whether {@link OfferedRoutes.work} has something to do. */
  get isBusy(): boolean {
    return this.#pending.size > 0;
  }

  isInstalled(destination: number): boolean {
    return this.#routes.get(destination) !== undefined;
  }

  /** Takes an offer in place of the one that is in use. @returns why not; what is in use stays then */
  take(nowMs: number, offer: RouteOffer): OfferRefusal | undefined {
    const basis = new OfferBasis(offer.basis);
    const behindAtMs = basis.deadlineMs(this.#database.entries(), this.#config.lagMaxMs);
    const refusal = this.#refusalOf(nowMs, offer, basis, behindAtMs);
    if (refusal !== undefined) {
      this.#count(refusal);
      return refusal;
    }
    this.#taken += 1;
    const times = { takenAtMs: nowMs, confirmedAtMs: nowMs, untilMs: this.#untilMs(nowMs, offer.validForMs) };
    const routes = new Map(offer.routes.map((route) => [route.destination, route]));
    this.#held = { tag: offer.tag, basis, routes, considered: new Set(), ...times };
    this.#behindAtMs = behindAtMs;
    for (const destination of this.#routes.destinations()) {
      if (!routes.has(destination)) this.#routes.remove(destination);
    }
    this.#pending.clear();
    this.graphChanged();
    return undefined;
  }

  /** The offer in use is still what would be offered. False when it is not the one in use. */
  confirm(nowMs: number, tag: string, validForMs: number): boolean {
    if (this.#held?.tag !== tag || !(validForMs > 0)) return false;
    this.#confirmed += 1;
    this.#held = { ...this.#held, confirmedAtMs: nowMs, untilMs: this.#untilMs(nowMs, validForMs) };
    return true;
  }

  /** An advertisement with other content came, or one went: paths that it contradicts end here. */
  originChanged(origin: number, entry: DatabaseEntry | undefined): void {
    const held = this.#held;
    if (held === null) return;
    if (entry !== undefined && held.basis.lacks(entry))
      this.#behindAtMs = Math.min(this.#behindAtMs, entry.changedAtMs + this.#config.lagMaxMs);
    const concerned = origin === this.#self ? this.#routes.destinations() : this.#routes.destinationsThrough(origin);
    this.#keepPaths(concerned, ({ segments }) => confirmPath(this.#database, this.#self, segments));
  }

  /** The own link to a neighbour is gone, whatever anybody advertises. */
  neighbourDown(neighbour: number): void {
    this.#keepPaths(this.#routes.destinationsThrough(neighbour), ({ segments }) =>
      segments[0] === neighbour ? 'unconfirmed' : undefined,
    );
  }

  /** There is a new topology: figures of paths may be others, and paths that were not confirmed may be now. */
  graphChanged(): void {
    for (const destination of this.#held?.routes.keys() ?? []) this.#pending.add(destination);
  }

  /** Looks at up to `itemsMax` offered routes that have not been looked at since the topology changed. */
  work(itemsMax: number, graph: CompactGraph): void {
    let left = itemsMax;
    for (const destination of this.#pending) {
      if (left <= 0) return;
      left -= 1;
      this.#pending.delete(destination);
      if (this.#held !== null) this.#consider(this.#held, destination, graph);
    }
  }

  tick(nowMs: number): void {
    if (nowMs < this.dueAtMs) return;
    this.#count(nowMs >= this.#behindAtMs ? 'behind' : 'expired');
    this.#held = null;
    this.#behindAtMs = Number.POSITIVE_INFINITY;
    this.#pending.clear();
    for (const destination of this.#routes.destinations()) this.#routes.remove(destination);
  }

  /** Takes what the own computation changed. @returns what the forwarding table gets, in order */
  merge(own: readonly ForwardingChange[]): ForwardingChange[] {
    return this.#routes.merge(own);
  }

  #refusalOf(nowMs: number, offer: RouteOffer, basis: OfferBasis, behindAtMs: number): OfferRefusal | undefined {
    const { routesMax } = this.#config;
    if (offer.source !== this.#self) return 'wrong-node';
    if (offer.routes.length > routesMax || offer.basis.length > routesMax) return 'too-large';
    if (!(offer.validForMs > 0)) return 'expired';
    if (behindAtMs <= nowMs) return 'behind';
    return this.#held !== null && basis.isOlderThan(this.#held.basis) ? 'older' : undefined;
  }

  #untilMs(nowMs: number, validForMs: number): number {
    return nowMs + Math.min(validForMs, this.#config.freshMs);
  }

  #consider({ routes, considered }: Held, destination: number, graph: CompactGraph): void {
    const offered = routes.get(destination)!;
    const fault = faultOf(offered, this.#self, this.#config);
    const checks = fault === undefined ? offered.paths.map((path) => this.#check(path, destination, graph)) : [fault];
    const paths = checks.filter((check) => typeof check !== 'string');
    if (!considered.has(destination)) for (const check of checks) if (typeof check === 'string') this.#count(check);
    considered.add(destination);
    if (paths.length === 0) this.#routes.remove(destination);
    else this.#routes.install(destination, paths);
  }

  /** The path with what it costs by the own graph, or why it is not used. */
  #check({ segments, share }: OfferedPath, destination: number, graph: CompactGraph): UnnumberedPath | OfferRefusal {
    const edges = edgesOf(graph, this.#self, segments);
    const refusal = confirmPath(this.#database, this.#self, segments);
    if (refusal !== undefined || edges === undefined) return refusal ?? 'unconfirmed';
    const [primary] = this.#routes.own(destination)?.paths ?? [];
    const hasRelief = primary !== undefined && !isOverloaded(this.#database, primary.segments);
    if (hasRelief && isOverloaded(this.#database, segments)) return 'overloaded';
    const cost = edges.reduce((sum, edge) => sum + graph.costs[edge]!, 0);
    return describePath(graph, { edges, cost }, share);
  }

  /** Ends the paths to these destinations that have a reason to; the own route is back where none is left. */
  #keepPaths(destinations: readonly number[], refusalOf: (path: UnnumberedPath) => OfferRefusal | undefined): void {
    for (const destination of destinations) {
      const { paths } = this.#routes.get(destination)!;
      const kept = paths.filter((path) => {
        const refusal = refusalOf(path);
        if (refusal !== undefined) this.#count(refusal);
        return refusal === undefined;
      });
      if (kept.length === 0) this.#routes.remove(destination);
      else if (kept.length < paths.length) this.#routes.install(destination, kept);
    }
  }

  #count(reason: OfferRefusal): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
  }
}
