import { BATCH_HEADER_BYTES, type Delivery, type LinkEvent } from '@peermesh/link';
import type { OverlayConfig } from '../config.ts';
import type { MemberCore } from '../control/member-core.ts';
import type { SelfMembership } from '../control/self-membership.ts';
import type { OverlayEvent, OverlayReady } from '../events.ts';
import type { Intake } from '../intake.ts';
import type { MemberDirectory } from '../members.ts';
import type { Dial, Dialler } from './dialler.ts';
import type { CloseReason, ConnectionWrite, LinkTable } from './link-table.ts';
import type { PeerLink } from './peer-link.ts';

const DIAL_EVERY_MS = 50;

interface LinkServiceParts {
  readonly table: LinkTable;
  readonly dialler: Dialler;
  readonly intake: Intake;
  readonly self: SelfMembership;
  readonly members: MemberDirectory;
  readonly config: OverlayConfig;
  readonly emit: (event: OverlayEvent) => void;
}

/** Serves the links of one node: their time, what came in over them, what is to go out, and the connections they want. */
export class LinkService {
  /** When {@link LinkService.tick} has something to do. */
  tickAtMs: number;
  readonly #parts: LinkServiceParts;
  #writes: ConnectionWrite[] = [];
  #dials: Dial[] = [];
  #spentBatches: Uint8Array[] = [];
  #dialAtMs: number;
  #measureAtMs: number;

  constructor(parts: LinkServiceParts, nowMs: number) {
    this.#parts = parts;
    this.tickAtMs = nowMs;
    this.#dialAtMs = nowMs;
    this.#measureAtMs = nowMs;
  }

  /** What is to be done with connections; each thing is handed over once. */
  take(): Pick<OverlayReady, 'writes' | 'dials' | 'closes' | 'spentBatches'> {
    const { table } = this.#parts;
    const taken = {
      writes: this.#writes,
      dials: this.#dials,
      closes: table.closes,
      spentBatches: this.#spentBatches,
    };
    table.closes = [];
    [this.#writes, this.#dials, this.#spentBatches] = [[], [], []];
    return taken;
  }

  /** The peer of a link may have become a member, or ceased to be one. */
  refresh(link: PeerLink, nowMs: number): void {
    const shortId = this.#parts.members.byNodeId(link.peer)?.shortId ?? 0;
    if (shortId !== link.shortId) {
      this.#core?.linkDown(link, nowMs);
      link.shortId = shortId;
      link.strangerSinceMs = nowMs;
    }
    const isUsable = link.link.isUp && link.shortId !== 0 && this.#core !== null;
    if (isUsable) this.#core?.linkUp(link, nowMs);
    else this.#core?.linkDown(link, nowMs);
  }

  /** Lets time pass. */
  tick(nowMs: number): void {
    if (nowMs < this.tickAtMs) return;
    this.tickAtMs = nowMs + this.#parts.config.linkTickMs;
    const isMeasuring = nowMs >= this.#measureAtMs;
    if (isMeasuring) {
      this.#measureAtMs = nowMs + this.#parts.config.measureMs;
      this.#parts.table.trim();
    }
    for (const link of this.#parts.table.all()) {
      link.link.tick(nowMs);
      if (isMeasuring) this.#inspect(link, nowMs);
    }
    this.#core?.forwarder.expire(nowMs, this.#parts.table.all());
    if (nowMs < this.#dialAtMs) return;
    this.#dialAtMs = nowMs + DIAL_EVERY_MS;
    this.#dials.push(...this.#parts.dialler.due(nowMs, this.#parts.table));
  }

  /** Takes from the links what came in and gives them what is to go out. True when any had something to do. */
  serve(nowMs: number): boolean {
    let isActive = false;
    for (const link of this.#parts.table.all()) {
      if (!link.isTouched && link.link.flushAtMs > nowMs) continue;
      isActive = true;
      this.#serveLink(link, nowMs);
    }
    return isActive;
  }

  #inspect(link: PeerLink, nowMs: number): void {
    link.reassembler.expire(nowMs);
    this.#core?.linkMeasured(link, nowMs);
    const isStranger = this.#core !== null && link.shortId === 0;
    if (isStranger && nowMs - link.strangerSinceMs >= this.#parts.config.dial.strangerMs)
      this.#parts.table.closeAll(link, 'not_a_member', nowMs);
  }

  #serveLink(link: PeerLink, nowMs: number): void {
    link.isTouched = false;
    const { writes, deliveries, events } = link.link.takeReady(nowMs);
    for (const event of events) this.#onLinkEvent(link, event, nowMs);
    for (const { lane, bytes } of writes) {
      const connection = link.connections[lane];
      if (connection) this.#writes.push({ connection: connection.id, bytes });
    }
    for (const delivery of deliveries) {
      const isSpent = this.#parts.intake.take(link, delivery, this.#core, nowMs);
      if (isSpent && isWholeBatch(delivery)) this.#spentBatches.push(delivery.bytes);
    }
  }

  #onLinkEvent(link: PeerLink, event: LinkEvent, nowMs: number): void {
    this.#parts.emit({ kind: 'lane', peer: link.peer, event });
    if (event.kind === 'link') {
      if (event.isUp) this.#supersede(link, nowMs);
      this.#parts.emit({ kind: 'link', peer: link.peer, shortId: link.shortId, isUp: event.isUp });
      this.refresh(link, nowMs);
    } else if (event.kind === 'lane' && event.to === 'DOWN') this.#closeLane(link, event.lane, 'silent', nowMs);
    else if (event.kind === 'lane-wanted') link.wantedLanes.add(event.lane);
    else if (event.kind === 'lane-unwanted') {
      link.wantedLanes.delete(event.lane);
      this.#closeLane(link, event.lane, 'idle', nowMs);
    }
  }

  /** An echo came back over a link: links to other lives of its peer are at an end. */
  #supersede(link: PeerLink, nowMs: number): void {
    for (const other of this.#parts.table.proven(link)) {
      this.#core?.linkDown(other, nowMs);
      this.#parts.table.closeAll(other, 'superseded', nowMs);
    }
  }

  #closeLane(link: PeerLink, lane: number, reason: CloseReason, nowMs: number): void {
    if (link.connections[lane] === null) return;
    this.#parts.table.closeLane(link, lane, reason, nowMs);
    this.#parts.dialler.onClosed(link.peer, lane, nowMs);
  }

  get #core(): MemberCore | null {
    return this.#parts.self.core;
  }
}

function isWholeBatch({ bytes, from, end }: Delivery): boolean {
  return from === BATCH_HEADER_BYTES && end === bytes.length;
}
