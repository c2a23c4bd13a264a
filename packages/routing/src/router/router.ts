import type { ForwardingChange } from '../forwarding/routes.ts';
import type { CompactGraph } from '../graph/compact-graph.ts';
import { hasLostLink } from '../graph/lost-links.ts';
import { compareVersions, type LinkMetrics, NodeFlag, type Version } from '../link-state/advertisement.ts';
import { type DatabaseEntry, LinkStateDatabase, type Refusal, type RoutingMembers } from '../link-state/database.ts';
import { Flooding, type OutgoingMessage } from '../link-state/flooding.ts';
import { type LocalLink, LocalLinks } from '../link-state/local-links.ts';
import { Originator } from '../link-state/originator.ts';
import {
  type AdvertisementSigner,
  isSignatureValid,
  parseSigned,
  type SignedAdvertisement,
} from '../link-state/signing.ts';
import { TopologyBuilder } from '../link-state/topology.ts';
import { type OfferCounters, OfferedRoutes } from '../offers/offered-routes.ts';
import { PathComputer, type PathComputerCounters } from '../paths/path-computer.ts';
import { PathIds } from '../paths/path-ids.ts';
import { checkFlags, checkIdentity, checkRouting, type RouterIdentity, type RoutingConfig } from './router-config.ts';
import { SpfBackoff, type SpfBackoffState } from './spf-backoff.ts';

export interface RouterPorts {
  readonly signer: AdvertisementSigner;
  readonly members: RoutingMembers;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** News for logs, metrics and the node's disk. */
export type RouterEvent =
  | { readonly kind: 'installed'; readonly origin: number; readonly version: Version; readonly hasChanged: boolean }
  | { readonly kind: 'expired'; readonly origin: number }
  | { readonly kind: 'refused'; readonly from: number; readonly reason: Refusal }
  /** The mesh remembered a later start than the disk did: keep `epoch` as the boot epoch. */
  | { readonly kind: 'overtaken'; readonly version: Version }
  | { readonly kind: 'originated'; readonly version: Version }
  | { readonly kind: 'computed'; readonly state: SpfBackoffState };

/** What the router wants done. Messages may be lost, repeated and reordered; changes must be applied in order. */
export interface RouterReady {
  readonly messages: readonly OutgoingMessage[];
  readonly forwarding: readonly ForwardingChange[];
  readonly events: readonly RouterEvent[];
}

export interface RouterCounters extends PathComputerCounters {
  readonly installed: number;
  readonly originated: number;
  readonly computed: number;
  /** Changes that took away a link of the topology that was computed last. */
  readonly losses: number;
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
  readonly unacknowledged: number;
  readonly databaseSize: number;
  readonly offers: OfferCounters;
}

/**
 * The routing of one node as a state machine without clock, socket or promise. Feed it what links, peers and the
 * membership report, call {@link Router.tick} afterwards and whenever {@link Router.wakeAtMs} has come, then do what
 * {@link Router.takeReady} returns. Times are ms of any clock that never goes back.
 */
export class Router {
  readonly #self: number;
  readonly #config: RoutingConfig;
  readonly #ports: RouterPorts;
  readonly #links: LocalLinks;
  readonly #originator: Originator;
  readonly #database: LinkStateDatabase;
  readonly #flooding: Flooding;
  readonly #topology: TopologyBuilder;
  readonly #backoff: SpfBackoff;
  readonly #computer: PathComputer;
  readonly #offered: OfferedRoutes;
  readonly #refused: Partial<Record<Refusal, number>> = {};
  #flags: number;
  #installed = 0;
  #originated = 0;
  #computed = 0;
  #losses = 0;
  #changes: ForwardingChange[] = [];
  #events: RouterEvent[] = [];

  /** @throws RangeError for an identity or a configuration that cannot work. */
  constructor(nowMs: number, identity: RouterIdentity, config: RoutingConfig, ports: RouterPorts) {
    checkIdentity(identity);
    checkRouting(config);
    this.#self = identity.self;
    this.#flags = identity.flags;
    this.#config = config;
    this.#ports = ports;
    this.#links = new LocalLinks(config);
    this.#originator = new Originator({ ...identity, ...config, random: ports.random }, ports.signer);
    this.#database = new LinkStateDatabase({ lifetimeMaxMs: config.lifetimeMs }, ports.members, ports.signer);
    this.#flooding = new Flooding(this.#self, config.flooding, this.#database, this.#listener(), ports.random);
    this.#topology = new TopologyBuilder(config.cost);
    this.#backoff = new SpfBackoff(config.backoff);
    const ids = new PathIds();
    this.#computer = new PathComputer(this.#self, config.paths, ids);
    this.#offered = new OfferedRoutes(this.#self, config.offers, this.#database, ids);
    this.#originator.request(nowMs, false);
  }

  /**
   * When {@link Router.tick} has something to do; minus infinity while there is work left, which a caller spreads over turns
   * of its event loop.
   */
  get wakeAtMs(): number {
    if (this.#computer.isBusy || this.#offered.isBusy) return Number.NEGATIVE_INFINITY;
    return Math.min(
      this.#links.dueAtMs,
      this.#originator.dueAtMs,
      this.#database.nextExpiryMs,
      this.#backoff.dueAtMs,
      this.#flooding.dueAtMs,
      this.#offered.dueAtMs,
    );
  }

  get counters(): RouterCounters {
    return {
      ...this.#computer.counters,
      installed: this.#installed,
      originated: this.#originated,
      computed: this.#computed,
      losses: this.#losses,
      refused: { ...this.#refused },
      unacknowledged: this.#flooding.unacknowledged,
      databaseSize: this.#database.size,
      offers: this.#offered.counters,
    };
  }

  /** The topology that the installed paths are from; undefined before the first computation. */
  get graph(): CompactGraph | undefined {
    return this.#computer.graph;
  }

  /** Routes that a path computation element computed for this node: offer them here, and ask which are installed. */
  get offers(): Pick<OfferedRoutes, 'take' | 'confirm' | 'inUse' | 'isInstalled'> {
    return this.#offered;
  }

  /** What is known of a node, as it signed it. */
  advertisement(origin: number): SignedAdvertisement | undefined {
    return this.#database.get(origin);
  }

  /** Everything that is known, in no particular order; also of nodes that have left and not yet been forgotten. */
  advertisements(): Iterable<SignedAdvertisement> {
    return this.#database.entries();
  }

  /** The version of each origin in the database, ascending by origin: equal lists are converged databases. */
  versions(): readonly (readonly [number, Version])[] {
    const list = Array.from(this.#database.entries(), ({ advertisement }) => {
      return [advertisement.origin, advertisement.version] as const;
    });
    return list.sort(([a], [b]) => a - b);
  }

  /** A link came up, or one that is up changed its risk groups. */
  linkUp(nowMs: number, link: LocalLink): void {
    const isNew = !this.#links.hasPeer(link.peer);
    this.#links.up(nowMs, link);
    if (!isNew) return;
    this.#flooding.addNeighbour(nowMs, link.peer);
    this.#changes.push({ kind: 'neighbour', neighbour: link.peer, isUp: true });
  }

  linkMeasured(nowMs: number, linkId: number, metrics: LinkMetrics): void {
    this.#links.measured(nowMs, linkId, metrics);
  }

  /** A link died: the forwarding table swaps to repairs with the next ready, the mesh hears of it at once. */
  linkDown(nowMs: number, linkId: number): void {
    const peer = this.#links.peerOf(linkId);
    if (this.#links.down(nowMs, linkId)) this.#originator.request(nowMs, true);
    if (peer === undefined || this.#links.hasPeer(peer) || !this.#flooding.hasNeighbour(peer)) return;
    this.#flooding.removeNeighbour(peer);
    this.#offered.neighbourDown(peer);
    this.#changes.push({ kind: 'neighbour', neighbour: peer, isUp: false });
  }

  /** @throws RangeError for bits that a node cannot choose for itself. */
  setFlags(nowMs: number, flags: number): void {
    checkFlags(flags);
    if (flags === this.#flags) return;
    this.#flags = flags;
    this.#originator.request(nowMs, true);
  }

  /** The control group committed another membership: strangers are forgotten at once, newcomers are asked for. */
  membersChanged(nowMs: number): void {
    for (const origin of this.#database.removeStrangers()) this.#onGone(nowMs, origin);
    // Who was away from the membership has forgotten itself, as all others have.
    const isForgotten = this.#database.get(this.#self) === undefined;
    if (isForgotten && this.#ports.members.isMember(this.#self)) this.#originator.request(nowMs, true);
    this.#flooding.compare(nowMs);
  }

  /** Tells the mesh that this node leaves. Call it while links are still up; nothing is advertised afterwards. */
  leave(nowMs: number): void {
    this.#flags |= NodeFlag.WITHDRAWN;
    this.#originator.request(nowMs, true);
  }

  /** A message of the neighbour at the other end of a link. */
  step(nowMs: number, from: number, bytes: Uint8Array): void {
    if (this.#ports.members.isMember(from)) this.#flooding.receive(nowMs, from, bytes);
    else this.#onRefused(from, 'not-a-member');
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#links.dueAtMs && this.#links.refresh(nowMs, (peer) => this.#computer.isReachable(peer))) {
      this.#originator.request(nowMs, false);
    }
    if (nowMs >= this.#originator.dueAtMs) this.#originate(nowMs);
    for (const origin of this.#database.expire(nowMs)) this.#onGone(nowMs, origin);
    if (nowMs >= this.#backoff.dueAtMs) this.#compute(nowMs);
    this.#computer.work(this.#config.workPerTick);
    this.#offered.tick(nowMs);
    if (this.#computer.graph !== undefined) this.#offered.work(this.#config.workPerTick, this.#computer.graph);
    this.#flooding.tick(nowMs);
  }

  takeReady(): RouterReady {
    const forwarding = [...this.#changes, ...this.#offered.merge(this.#computer.takeChanges())];
    const ready = { messages: this.#flooding.takeMessages(), forwarding, events: this.#events };
    this.#changes = [];
    this.#events = [];
    return ready;
  }

  #originate(nowMs: number): void {
    const hasLeft = (this.#flags & NodeFlag.WITHDRAWN) !== 0;
    const signed = this.#originator.originate(nowMs, this.#flags, hasLeft ? [] : this.#links.advertised());
    const { entry, hasChanged } = this.#database.install(nowMs, signed);
    this.#originated += 1;
    this.#events.push({ kind: 'originated', version: this.#originator.version });
    this.#flooding.flood(nowMs, entry);
    if (hasChanged) this.#onContent(nowMs, this.#self, entry);
  }

  #compute(nowMs: number): void {
    this.#backoff.onComputed(nowMs);
    this.#computed += 1;
    this.#computer.update(this.#topology.build(this.#database.entries()));
    this.#offered.graphChanged();
    this.#events.push({ kind: 'computed', state: this.#backoff.state });
  }

  #listener() {
    return {
      onInstalled: (nowMs: number, entry: DatabaseEntry, hasChanged: boolean): void => {
        const { origin, version } = entry.advertisement;
        this.#installed += 1;
        this.#events.push({ kind: 'installed', origin, version, hasChanged });
        if (hasChanged) this.#onContent(nowMs, origin, entry);
      },
      onRefused: (from: number, reason: Refusal): void => this.#onRefused(from, reason),
      onOwnEcho: (nowMs: number, from: number, bytes: Uint8Array): void => this.#onOwnEcho(nowMs, from, bytes),
    };
  }

  /** Someone holds an advertisement of ours that we do not know: continue above it, if it really is ours. */
  #onOwnEcho(nowMs: number, from: number, bytes: Uint8Array): void {
    const parsed = parseSigned(bytes);
    if (typeof parsed === 'string') {
      this.#onRefused(from, parsed);
      return;
    }
    const { version } = parsed.advertisement;
    const order = compareVersions(version, this.#originator.version);
    if (order < 0 || (order === 0 && this.#database.holds(this.#self, bytes))) return;
    if (!isSignatureValid(parsed, this.#ports.signer)) {
      this.#onRefused(from, 'forged');
      return;
    }
    this.#originator.overtake(version);
    this.#originator.request(nowMs, false);
    this.#events.push({ kind: 'overtaken', version });
  }

  #onRefused(from: number, reason: Refusal): void {
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1;
    this.#events.push({ kind: 'refused', from, reason });
  }

  #onGone(nowMs: number, origin: number): void {
    this.#flooding.forget(origin);
    this.#events.push({ kind: 'expired', origin });
    this.#onContent(nowMs, origin, undefined);
  }

  /** An origin says something else than before, or nothing any more. */
  #onContent(nowMs: number, origin: number, entry: DatabaseEntry | undefined): void {
    this.#offered.originChanged(origin, entry);
    const { graph } = this.#computer;
    const peers = new Set(entry?.advertisement.links.map(({ peer }) => peer));
    const isLoss = graph !== undefined && hasLostLink(graph, origin, peers);
    if (isLoss) this.#losses += 1;
    this.#backoff.onChange(nowMs, isLoss);
  }
}
