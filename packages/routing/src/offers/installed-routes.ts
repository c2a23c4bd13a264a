import type { ForwardingChange, Path, Route } from '../forwarding/routes.ts';
import type { PathIds } from '../paths/path-ids.ts';
import { disjointPathsOf } from './disjointness.ts';

/** A path before it has a number. */
export type UnnumberedPath = Omit<Path, 'id'>;

/**
 * What the forwarding table is told of the own routes and of those that are installed in their place. An own route that is
 * hidden is remembered and comes back when the other one goes.
 */
export class InstalledRoutes {
  readonly #self: number;
  readonly #ids: PathIds;
  readonly #own = new Map<number, Route>();
  readonly #installed = new Map<number, Route>();
  /** Destinations of installed routes by the nodes that they lead through or to. */
  readonly #through = new Map<number, Set<number>>();
  #changes: ForwardingChange[] = [];

  constructor(self: number, ids: PathIds) {
    this.#self = self;
    this.#ids = ids;
  }

  get size(): number {
    return this.#installed.size;
  }

  destinations(): number[] {
    return [...this.#installed.keys()];
  }

  destinationsThrough(node: number): number[] {
    return [...(this.#through.get(node) ?? [])];
  }

  get(destination: number): Route | undefined {
    return this.#installed.get(destination);
  }

  own(destination: number): Route | undefined {
    return this.#own.get(destination);
  }

  /** Puts paths in the place of the own route. The same segments keep their number. */
  install(destination: number, unnumbered: readonly UnnumberedPath[]): void {
    const former = this.#installed.get(destination);
    if (former !== undefined && isSame(former.paths, unnumbered)) return;
    const paths = unnumbered.map((path): Path => ({ id: this.#ids.take(path.segments), ...path }));
    const route = { destination, paths, disjoint: disjointPathsOf(this.#self, paths) };
    this.#forget(former);
    this.#installed.set(destination, route);
    for (const { segments } of paths) for (const node of segments) this.#index(node, destination);
    this.#changes.push({ kind: 'route', route });
  }

  /** Brings the own route back. */
  remove(destination: number): void {
    const route = this.#installed.get(destination);
    if (route === undefined) return;
    this.#forget(route);
    this.#installed.delete(destination);
    const own = this.#own.get(destination);
    this.#changes.push(own === undefined ? { kind: 'withdraw', destination } : { kind: 'route', route: own });
  }

  /** Takes what the own computation changed. @returns what the forwarding table gets, in order */
  merge(changes: readonly ForwardingChange[]): ForwardingChange[] {
    const merged = this.#changes;
    this.#changes = [];
    for (const change of changes) {
      const destination = this.#keepOwn(change);
      if (destination === undefined || !this.#installed.has(destination)) merged.push(change);
    }
    return merged;
  }

  #keepOwn(change: ForwardingChange): number | undefined {
    if (change.kind === 'withdraw') {
      this.#own.delete(change.destination);
      return change.destination;
    }
    if (change.kind !== 'route') return undefined;
    this.#own.set(change.route.destination, change.route);
    return change.route.destination;
  }

  #index(node: number, destination: number): void {
    const destinations = this.#through.get(node) ?? new Set();
    destinations.add(destination);
    this.#through.set(node, destinations);
  }

  #forget(route: Route | undefined): void {
    for (const { segments } of route?.paths ?? []) {
      this.#ids.release(segments);
      for (const node of segments) {
        const destinations = this.#through.get(node);
        destinations?.delete(route!.destination);
        if (destinations?.size === 0) this.#through.delete(node);
      }
    }
  }
}

function isSame(before: readonly Path[], after: readonly UnnumberedPath[]): boolean {
  if (before.length !== after.length) return false;
  return after.every((path, index) => {
    const { segments, cost, latencyUs, spareKbps, share } = before[index]!;
    return (
      path.cost === cost &&
      path.latencyUs === latencyUs &&
      path.spareKbps === spareKbps &&
      path.share === share &&
      path.segments.join() === segments.join()
    );
  });
}
