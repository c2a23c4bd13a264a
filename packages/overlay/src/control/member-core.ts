import { type FrameCursor, FrameType, TrafficClass } from '@peermesh/link';
import { ForwardingTable, hasFlag, NodeFlag, Router } from '@peermesh/routing';
import type { OverlayConfig } from '../config.ts';
import type { OverlayCounters } from '../counters.ts';
import type { OverlayDelivery, OverlayEvent } from '../events.ts';
import { Channel } from '../flows/channel.ts';
import { Flows } from '../flows/flows.ts';
import type { FlowMessage } from '../flows/receive-flows.ts';
import { Forwarder } from '../forwarding/forwarder.ts';
import { Source } from '../forwarding/source.ts';
import type { LinkTable } from '../links/link-table.ts';
import { sendToNeighbour } from '../links/neighbour-frames.ts';
import type { PeerLink } from '../links/peer-link.ts';
import type { MemberDirectory, OverlayMember } from '../members.ts';
import { Gossip } from './gossip.ts';

/** Signs with the node's key and checks what others signed. Synchronous; `verify` never throws. */
export interface OverlaySigner {
  sign(body: Uint8Array): Uint8Array;
  /** @param nodeId base64url of the public key that must have signed. */
  verify(nodeId: string, body: Uint8Array, signature: Uint8Array): boolean;
}

/** Bytes in memory: frames without a route, what flows have accepted to send, what they received and not handed over. */
export interface HeldBytes {
  readonly heldFrames: number;
  readonly sending: number;
  readonly receiving: number;
}

export interface MemberCoreOptions {
  readonly meshId: string;
  readonly self: OverlayMember;
  readonly bootEpoch: number;
  readonly flags: number;
  readonly config: OverlayConfig;
  readonly members: MemberDirectory;
  readonly links: LinkTable;
  readonly counters: OverlayCounters;
  readonly signer: OverlaySigner;
  readonly random: () => number;
}

/** What a node has only while it is a member: failure detection, routing, forwarding, flows. */
export class MemberCore {
  readonly shortId: number;
  readonly gossip: Gossip;
  readonly router: Router;
  readonly table = new ForwardingTable();
  readonly forwarder: Forwarder;
  readonly flows: Flows;
  deliveries: OverlayDelivery[] = [];
  events: OverlayEvent[] = [];
  readonly #options: MemberCoreOptions;
  readonly #source: Source;
  readonly #heldChannels: ReadonlySet<number>;
  #gossipAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: MemberCoreOptions, nowMs: number) {
    const { meshId, self, config, members, counters, signer, random, bootEpoch, flags } = options;
    this.#options = options;
    this.#heldChannels = new Set(options.config.heldChannels);
    this.shortId = self.shortId;
    this.gossip = new Gossip({ meshId, nodeId: self.nodeId, config: config.membership, members, random, nowMs });
    const verify = (origin: number, body: Uint8Array, signature: Uint8Array): boolean => {
      const nodeId = members.byShortId(origin)?.nodeId;
      return nodeId !== undefined && signer.verify(nodeId, body, signature);
    };
    const ports = { signer: { sign: (body: Uint8Array) => signer.sign(body), verify }, members, random };
    const { region = 0, tenant = 0 } = self;
    this.router = new Router(nowMs, { self: self.shortId, bootEpoch, region, tenant, flags }, config.routing, ports);
    this.forwarder = new Forwarder(this.table, config, counters);
    this.forwarder.self = self.shortId;
    this.forwarder.isRelay = hasFlag(flags, NodeFlag.RELAY);
    this.#source = new Source(this.table, this.forwarder, config.ttl);
    const epochOf = (node: number): number | undefined => this.router.advertisement(node)?.advertisement.version.epoch;
    this.flows = new Flows({ config: config.flow, source: this.#source, counters, epochOf });
    this.flows.epoch = bootEpoch;
  }

  get wakeAtMs(): number {
    return Math.min(this.#gossipAtMs, this.router.wakeAtMs, this.flows.wakeAtMs);
  }

  reaches(shortId: number): boolean {
    return this.#source.reaches(shortId);
  }

  setFlags(flags: number, nowMs: number): void {
    this.forwarder.isRelay = hasFlag(flags, NodeFlag.RELAY);
    this.router.setFlags(nowMs, flags);
  }

  membersChanged(gone: readonly { readonly nodeId: string; readonly shortId: number }[], nowMs: number): void {
    for (const { shortId } of gone) this.flows.forget(shortId);
    this.gossip.refresh(
      gone.map(({ nodeId }) => nodeId),
      nowMs,
    );
    this.router.membersChanged(nowMs);
  }

  /** The link carries frames. */
  linkUp(link: PeerLink, nowMs: number): void {
    if (link.isRouted) return;
    link.isRouted = true;
    const peer = link.shortId;
    this.forwarder.out.set(peer, link);
    this.router.linkUp(nowMs, { peer, linkId: peer, metrics: link.measure(nowMs), riskGroups: [] });
    this.#drainRouter(nowMs);
    this.forwarder.retryHeld(nowMs);
  }

  /** The link carries nothing any more: its reliable frames go another way at once. */
  linkDown(link: PeerLink, nowMs: number): void {
    if (!link.isRouted) return;
    link.isRouted = false;
    this.forwarder.out.delete(link.shortId);
    this.router.linkDown(nowMs, link.shortId);
    this.#drainRouter(nowMs);
    for (const frames of link.link.recall()) this.forwarder.recall(frames, nowMs);
    this.forwarder.unpark(link, nowMs);
  }

  linkMeasured(link: PeerLink, nowMs: number): void {
    if (link.isRouted) this.router.linkMeasured(nowMs, link.shortId, link.measure(nowMs));
  }

  heldBytes(): HeldBytes {
    return { heldFrames: this.forwarder.held.bytes, ...this.flows.heldBytes() };
  }

  /** A frame for this node. True when nothing refers to its bytes any more. */
  receive(cursor: FrameCursor, nowMs: number): boolean {
    const { members, counters } = this.#options;
    const { src, type } = cursor;
    if (src === this.shortId || !members.isMember(src)) counters.drop('not_a_member', cursor.flow);
    else if (type === FrameType.flowCredit) this.flows.onAcknowledgements(src, cursor.payload(), nowMs);
    else if (isOfFlow(type)) {
      this.flows.incoming.receive(cursor, nowMs);
      return false;
    } else counters.drop('bad_type', cursor.flow);
    return true;
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#gossipAtMs) this.gossip.core.tick(nowMs);
    if (nowMs >= this.router.wakeAtMs) this.router.tick(nowMs);
  }

  /** Carries out what the parts want done. True when there is more at once. */
  work(nowMs: number): boolean {
    this.#drainRouter(nowMs);
    this.#drainMessages(nowMs);
    this.#drainGossip(nowMs);
    for (const link of this.#options.links.all()) if (link.parkedBytes > 0) this.forwarder.retryParked(link, nowMs);
    return this.flows.pump(nowMs);
  }

  #drainRouter(nowMs: number): void {
    const { messages, forwarding, events } = this.router.takeReady();
    for (const change of forwarding) this.table.apply(change);
    if (forwarding.length > 0) this.forwarder.retryHeld(nowMs);
    for (const { to, bytes } of messages) {
      const link = this.forwarder.out.get(to);
      const message = { type: FrameType.linkState, src: this.shortId, bytes, isReliable: false };
      if (link !== undefined) sendToNeighbour(link, message, nowMs);
    }
    for (const event of events) {
      this.events.push({ kind: 'routing', event });
      if (event.kind === 'installed') this.flows.onEpoch(event.origin, event.version.epoch);
      if (event.kind === 'overtaken') this.#onOvertaken(event.version.epoch);
    }
  }

  #onOvertaken(bootEpoch: number): void {
    this.flows.restart(bootEpoch);
    this.events.push({ kind: 'overtaken', bootEpoch });
  }

  #drainMessages(nowMs: number): void {
    const { messages } = this.flows.incoming;
    if (messages.length === 0) return;
    this.flows.incoming.messages = [];
    for (const message of messages) this.#onMessage(message, nowMs);
  }

  #onMessage(message: FlowMessage, nowMs: number): void {
    const { src, flow, kind, bytes, credit } = message;
    const { channel, trafficClass } = kind;
    const isHeld = this.#heldChannels.has(channel);
    if (!isHeld && credit > 0) this.flows.incoming.release(message, nowMs);
    if (channel !== Channel.gossip) {
      this.deliveries.push({ src, flow, channel, trafficClass, bytes, credit: isHeld ? credit : 0 });
      return;
    }
    const nodeId = this.#options.members.byShortId(src)?.nodeId;
    if (nodeId !== undefined) this.gossip.core.step(nodeId, bytes, nowMs);
  }

  #drainGossip(nowMs: number): void {
    const { packets, events, nextTickAtMs } = this.gossip.takeReady();
    this.#gossipAtMs = nextTickAtMs;
    for (const event of events) this.events.push({ kind: 'membership', event });
    for (const { to, address, bytes, isReliable } of packets) {
      const member = this.#options.members.byNodeId(to ?? address);
      if (member === undefined || (isReliable && !this.#source.reaches(member.shortId))) continue;
      const kind = { channel: Channel.gossip, index: 0, trafficClass: TrafficClass.control, isMultiPath: false };
      this.flows.send(member.shortId, { ...kind, isReliable }, bytes, nowMs);
    }
  }
}

function isOfFlow(type: number): boolean {
  return type === FrameType.data || type === FrameType.control || type === FrameType.raft || type === FrameType.gossip;
}
