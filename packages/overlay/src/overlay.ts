import { FrameType } from '@peermesh/link';
import type { Membership } from '@peermesh/membership';
import { type ForwardingTable, NodeFlag, type Router } from '@peermesh/routing';
import type { OverlayConfig } from './config.ts';
import type { HeldBytes, MemberCore } from './control/member-core.ts';
import { SelfMembership } from './control/self-membership.ts';
import { OverlayCounters } from './counters.ts';
import type { OverlayDelivery, OverlayEvent, OverlayReady } from './events.ts';
import type { Acceptance } from './flows/flows.ts';
import { Intake } from './intake.ts';
import { Dialler } from './links/dialler.ts';
import { LinkService } from './links/link-service.ts';
import { type ConnectionInfo, LinkTable } from './links/link-table.ts';
import { chooseNeighbours } from './links/neighbour-choice.ts';
import { sendToNeighbour } from './links/neighbour-frames.ts';
import type { LinkView } from './links/peer-link.ts';
import { MemberDirectory, type OverlayMember } from './members.ts';
import type { MeshOfferRefusal, MeshRouteOffer, OverlayInheritance, OverlayOptions, SendOptions } from './options.ts';

const ROUNDS_MAX = 4;

/**
 * One node's overlay: links to peers, failure detection, routing, forwarding and end-to-end flows, as a state machine. Calls
 * put in what the transport and the control group report; `takeReady` takes out what is to be done. Call `tick` when
 * `wakeAtMs` has come and `takeReady` at the end of each turn of the event loop. It never calls out and holds no clock.
 */
export class Overlay {
  readonly nodeId: string;
  readonly counters = new OverlayCounters();
  readonly members = new MemberDirectory();
  readonly #options: OverlayOptions;
  readonly #config: OverlayConfig;
  readonly #links: LinkTable;
  readonly #dialler: Dialler;
  readonly #intake = new Intake(this.counters);
  readonly #self: SelfMembership;
  readonly #service: LinkService;
  #deliveries: OverlayDelivery[] = [];
  #events: OverlayEvent[] = [];
  #isBusy = false;

  constructor(options: OverlayOptions) {
    const { config, nodeId, random, nowMs, flags } = options;
    this.#options = options;
    this.nodeId = nodeId;
    this.#config = config;
    this.#links = options.inheritance?.links ?? new LinkTable(nodeId, config, random);
    this.#links.onDisplaced = (flow) => this.counters.drop('displaced', flow);
    this.#dialler = new Dialler(nodeId, config.dial, random);
    this.#dialler.setDialable((flags & NodeFlag.INBOUND) !== 0);
    this.#self = new SelfMembership(options, { links: this.#links, members: this.members, counters: this.counters });
    this.#links.inherit(options.inheritance?.held ?? [], nowMs);
    const parts = { table: this.#links, dialler: this.#dialler, intake: this.#intake, self: this.#self };
    const emit = (event: OverlayEvent): void => void this.#events.push(event);
    this.#service = new LinkService({ ...parts, config, members: this.members, emit }, nowMs);
  }

  /** 0 while this node is not a member. */
  get shortId(): number {
    return this.#core?.shortId ?? 0;
  }

  /** When `tick` and `takeReady` are wanted next; minus infinity for at once. */
  get wakeAtMs(): number {
    if (this.#isBusy) return Number.NEGATIVE_INFINITY;
    let atMs = Math.min(this.#service.tickAtMs, this.#core?.wakeAtMs ?? Number.POSITIVE_INFINITY);
    for (const { link } of this.#links.all()) atMs = Math.min(atMs, link.flushAtMs);
    return atMs;
  }

  /** Addresses that are dialled whoever answers there: the seeds of a newcomer, and what an operator configured. */
  setSeeds(addresses: readonly string[], nowMs: number): void {
    this.#dialler.setSeeds(addresses, nowMs);
  }

  /** The committed list of members. This node is one of them when the list names its key. */
  setMembers(list: readonly OverlayMember[], nowMs: number): void {
    const before = this.members.all();
    const gone = new Set(this.members.replace(list));
    this.#refreshSelf(nowMs);
    for (const link of this.#links.all()) this.#service.refresh(link, nowMs);
    this.#core?.membersChanged(
      before.filter(({ nodeId }) => gone.has(nodeId)),
      nowMs,
    );
    this.#chooseNeighbours(nowMs);
  }

  /** While it drains a node takes no new traffic of others; what is under way goes on. */
  setDraining(isDraining: boolean, nowMs: number): void {
    this.#self.setDraining(isDraining, nowMs);
  }

  /** How late this process is: a slow observer accuses later. */
  setEventLoopDelay(delayMs: number): void {
    this.#core?.gossip.core.setObserverHealth({ eventLoopDelayMs: delayMs });
  }

  /** A connection whose handshake is done. */
  connected(id: number, info: ConnectionInfo, nowMs: number): void {
    if (info.isDialled) this.#dialler.onConnected(info.peer, info.lane, info.address, nowMs);
    const link = this.#links.connected(id, info, nowMs);
    link.shortId = this.members.byNodeId(info.peer)?.shortId ?? 0;
  }

  /** Bytes of a connection: one message of the transport. They belong to the overlay from here on. */
  received(id: number, bytes: Uint8Array, nowMs: number): void {
    const place = this.#links.placeOf(id);
    if (place === undefined) return;
    const refusal = place.link.link.onBatch(place.lane, bytes, nowMs);
    if (refusal !== null) this.#links.closeLane(place.link, place.lane, 'malformed', nowMs);
  }

  disconnected(id: number, nowMs: number): void {
    const place = this.#links.disconnected(id, nowMs);
    if (place !== undefined) this.#dialler.onClosed(place.link.peer, place.lane, nowMs);
  }

  dialFailed(address: string, lane: number, nowMs: number): void {
    this.#dialler.onFailed(address, lane, nowMs);
  }

  /**
   * Sends a message to a member. Of reliable ones those of one channel, index and class arrive in order, each once while
   * both ends live; they wait while there is no way. Best-effort ones that cannot go now are dropped and counted.
   */
  send(dst: number, channel: number, bytes: Uint8Array, options: SendOptions, nowMs: number): Acceptance {
    const core = this.#core;
    if (core === null || !this.members.isMember(dst)) return 'unknown_destination';
    const { trafficClass, isReliable, index = 0, isMultiPath = false } = options;
    if (dst === core.shortId) {
      core.deliveries.push({ src: dst, flow: 0, channel, trafficClass, bytes: bytes.slice(), credit: 0 });
      this.#isBusy = true;
      return 'accepted';
    }
    const result = core.flows.send(dst, { channel, index, trafficClass, isReliable, isMultiPath }, bytes, nowMs);
    if (result === 'accepted') this.#isBusy = true;
    return result;
  }

  /** Sends a control message to whoever is at the other end of a link, member or not. False without link or room. */
  sendToNeighbour(peer: string, bytes: Uint8Array, nowMs: number): boolean {
    const link = this.#links.get(peer);
    if (link?.hasConnections !== true) return false;
    const message = { type: FrameType.control, src: this.shortId, bytes, isReliable: true };
    return sendToNeighbour(link, message, nowMs);
  }

  /** This node's view of the topology; null while it is not a member. To be read, not driven. */
  get router(): Router | null {
    return this.#core?.router ?? null;
  }

  /** Routes that a path computation element computed for this node. @returns why they are not taken as a whole */
  offerRoutes(offer: MeshRouteOffer, nowMs: number): MeshOfferRefusal | undefined {
    if (offer.meshId !== this.#options.meshId) return 'other-mesh';
    if (offer.nodeId !== this.nodeId) return 'other-key';
    return this.#core === null ? 'not-a-member' : this.#core.router.offers.take(nowMs, offer);
  }

  /** The offer with this tag is still what would be offered. False when it is not the one in use. */
  confirmRoutes(tag: string, validForMs: number, nowMs: number): boolean {
    return this.#core?.router.offers.confirm(nowMs, tag, validForMs) ?? false;
  }

  /** The installed routes and repairs; null while this node is not a member. To be read, not driven. */
  get routes(): ForwardingTable | null {
    return this.#core?.table ?? null;
  }

  /** Who is reachable, as SWIM sees it; null while this node is not a member. To be read, not driven. */
  get membership(): Pick<Membership, 'get' | 'members' | 'counters' | 'healthScore' | 'activeCount'> | null {
    return this.#core?.gossip.core ?? null;
  }

  /** The links as of now; new objects. */
  links(): LinkView[] {
    return Array.from(this.#links.all(), (link) => link.view());
  }

  /** Bytes that this node holds for others and for itself: what its memory bound is about. */
  heldBytes(): HeldBytes {
    const none = { heldFrames: 0, sending: 0, receiving: 0 };
    return this.#core?.heldBytes() ?? none;
  }

  /** Whether there is a way to a member now. */
  reaches(shortId: number): boolean {
    return shortId === this.shortId ? shortId !== 0 : this.#core?.reaches(shortId) === true;
  }

  /** A message of a channel whose credit is held has been consumed. */
  release(delivery: OverlayDelivery, nowMs: number): void {
    this.#core?.flows.incoming.release(delivery, nowMs);
  }

  /** Ends this overlay; its transport has closed all connections. To be handed to the next one in this process. */
  retire(): OverlayInheritance {
    const held = this.#core?.forwarder.held.takeAll() ?? [];
    return { links: this.#links, held, ...this.#self.inheritance };
  }

  /** Lets time pass. */
  tick(nowMs: number): void {
    this.#service.tick(nowMs);
    this.#core?.tick(nowMs);
  }

  takeReady(nowMs: number): OverlayReady {
    this.#isBusy = false;
    for (let round = 0, isActive = true; isActive; round += 1) {
      isActive = this.#service.serve(nowMs);
      const hasMore = this.#core?.work(nowMs) ?? false;
      if (round < ROUNDS_MAX) continue;
      this.#isBusy = isActive || hasMore;
      break;
    }
    this.#collect(nowMs);
    const ready: OverlayReady = {
      ...this.#service.take(),
      deliveries: this.#deliveries,
      neighbourMessages: this.#intake.neighbourMessages,
      events: this.#events,
    };
    this.#intake.neighbourMessages = [];
    [this.#deliveries, this.#events] = [[], []];
    return ready;
  }

  get #core(): MemberCore | null {
    return this.#self.core;
  }

  #refreshSelf(nowMs: number): void {
    if (!this.#self.isAnother) {
      this.#self.refreshFlags(nowMs);
      return;
    }
    for (const link of this.#links.all()) this.#core?.linkDown(link, nowMs);
    this.#core?.forwarder.abandon(nowMs);
    this.#collect(nowMs);
    this.#events.push(...this.#self.begin(nowMs));
  }

  #chooseNeighbours(nowMs: number): void {
    const self = this.members.byNodeId(this.nodeId);
    const isFailed = (nodeId: string): boolean => this.#core?.gossip.isFailed(nodeId) ?? false;
    const members = this.members.all();
    this.#dialler.setChosen(
      self === undefined ? [] : chooseNeighbours(self, members, isFailed, this.#config.dial),
      nowMs,
    );
  }

  #collect(nowMs: number): void {
    const core = this.#core;
    if (core === null) return;
    if (this.#deliveries.length === 0) this.#deliveries = core.deliveries;
    else for (const delivery of core.deliveries) this.#deliveries.push(delivery);
    core.deliveries = [];
    for (const event of core.events.splice(0)) {
      this.#events.push(event);
      if (event.kind === 'overtaken') this.#self.overtaken(event.bootEpoch);
      if (event.kind === 'membership' && CHANGES_REACH.has(event.event.type)) this.#chooseNeighbours(nowMs);
    }
  }
}

const CHANGES_REACH: ReadonlySet<string> = new Set([
  'member_failed',
  'member_rejoined',
  'member_left',
  'member_joined',
]);
