import {
  type Acceptance,
  type ConnectionInfo,
  type MeshOfferRefusal,
  type MeshRouteOffer,
  type Overlay,
  type OverlayDelivery,
  type SendOptions,
} from '@peermesh/overlay';
import { type CommandBody, type NodeIntroduction, type RequestOptions } from '@peermesh/replication';
import { DATA_CHANNELS, shareOut } from './arrivals.ts';
import { JoinDesk } from './bootstrap/join-desk.ts';
import type { JoinWish } from './bootstrap/joining.ts';
import {
  encodeNodeRecord,
  founderRecord,
  membershipOf,
  type NodeRecord,
  newcomerRecord,
} from './bootstrap/node-record.ts';
import { Durability } from './durability.ts';
import { MemberSession } from './member-session.ts';
import { type MeshCoreOptions, NOTHING_RESTORED, type Restored, type SeedWish } from './mesh-core-options.ts';
import type { MeshEvent, MeshPhase, MeshReady, RemovalReason } from './mesh-ready.ts';
import { createCommand, introductionOf } from './node-parts.ts';
import { Operations } from './operations.ts';
import { OverlayHost } from './overlay-host.ts';

const COMMAND_TIMEOUT_MS = 10_000;

/**
 * One node of a mesh as a state machine: overlay and control plane, and how it becomes and ceases to be a member. Calls put in
 * what transport, disk and operators bring; {@link takeReady} takes out what is to be done. Operations are asynchronous: each
 * returns an id, under which its outcome comes out. Pure: no clock, socket, disk or promise; times are ms of one clock that
 * never goes back. Call {@link tick} when {@link wakeAtMs} has come, and `takeReady` after every call that put something in.
 */
export class MeshCore {
  readonly nodeId: string;
  readonly #options: MeshCoreOptions;
  readonly #introduction: NodeIntroduction;
  readonly #operations = new Operations();
  readonly #durability = new Durability();
  readonly #host: OverlayHost;
  readonly #joins: JoinDesk;
  #phase: MeshPhase = 'idle';
  #session: MemberSession | null = null;
  #wallOffsetMs = 0;
  #events: MeshEvent[] = [];
  /** A call put something in since the last takeReady. */
  #isTouched = true;

  /** @throws ControlGroupError when the disk holds what this version does not know */
  constructor(options: MeshCoreOptions, nowMs: number) {
    this.#options = options;
    this.nodeId = options.self.nodeId;
    this.#host = new OverlayHost(options);
    const { restored, self } = options;
    const { record, isLogLost } = membershipOf(restored);
    this.#introduction = introductionOf(self, isLogLost);
    this.#joins = new JoinDesk(this.#host, this.#introduction, options.random, options.config.joinRetryMs);
    if (isLogLost) this.#events.push({ kind: 'log-lost' });
    if (record !== null) this.#becomeMember(record, restored, nowMs);
  }

  get phase(): MeshPhase {
    return this.#phase;
  }

  /** Null while this node is no member. For reading. */
  get session(): MemberSession | null {
    return this.#session;
  }

  /** Null while there is nobody to talk to. For reading. */
  get overlay(): Overlay | null {
    return this.#host.overlay;
  }

  get wakeAtMs(): number {
    if (this.#isTouched || this.#operations.hasEnded) return Number.NEGATIVE_INFINITY;
    return Math.min(
      this.overlay?.wakeAtMs ?? Number.POSITIVE_INFINITY,
      this.#session?.wakeAtMs ?? Number.POSITIVE_INFINITY,
      this.#joins.wakeAtMs,
    );
  }

  /** Begins a mesh with this node as its only member. Ends as `done` with its short id when that is durable. */
  seed(wish: SeedWish, nowMs: number): string {
    if (this.#phase !== 'idle') return this.#operations.refuse('already-a-member');
    const record = founderRecord(wish.meshId);
    const body = createCommand(wish, this.nodeId, this.#introduction);
    this.#durability.record(encodeNodeRecord(record), true);
    const session = this.#becomeMember(record, NOTHING_RESTORED, nowMs);
    session.plane.hurryElection();
    return session.plane.request(body, { timeoutMs: COMMAND_TIMEOUT_MS }, nowMs);
  }

  /** Asks to be let in, by one member after the other. Ends as `done` with the short id when this node has the mesh's state. */
  join(wish: JoinWish, nowMs: number): string {
    if (this.#phase !== 'idle') return this.#operations.refuse('already-a-member');
    const operationId = this.#operations.begin();
    this.#joins.begin(operationId, wish, nowMs);
    this.#enter('joining');
    return operationId;
  }

  /** Gives up a wish to join: it ends as `timed-out`. */
  cancelJoin(): void {
    this.#joins.cancel();
    this.#isTouched = true;
  }

  /** Leaves for good: what this node knew of the mesh is forgotten when it is `done`. */
  leave(options: Partial<RequestOptions>, nowMs: number): string {
    if (this.#session === null) return this.#operations.refuse('not-a-member');
    this.#enter('leaving');
    return this.#session.leave({ timeoutMs: COMMAND_TIMEOUT_MS, ...options }, nowMs);
  }

  /**
   * Asks the control group for a change: eviction, drain, settings, keys, whatever {@link CommandBody} holds.
   * @throws RangeError when it is beyond a limit of its format
   */
  command(body: CommandBody, options: Partial<RequestOptions>, nowMs: number): string {
    this.#isTouched = true;
    if (this.#session === null) return this.#operations.refuse('not-a-member');
    return this.#session.plane.request(body, { timeoutMs: COMMAND_TIMEOUT_MS, ...options }, nowMs);
  }

  /** Evicts members that are away without a majority; see `ControlPlane.recover`. An operator's last resort. */
  recover(
    evicting: readonly number[],
    by: { readonly operator: string; readonly override: string },
    nowMs: number,
  ): string {
    this.#isTouched = true;
    return this.#session?.plane.recover(evicting, by, nowMs) ?? this.#operations.refuse('not-a-member');
  }

  /** Ends as `read` when this node has seen everything that was decided by now. */
  read(timeoutMs: number, nowMs: number): string {
    this.#isTouched = true;
    return this.#session?.plane.read(timeoutMs, nowMs) ?? this.#operations.refuse('not-a-member');
  }

  /** Probes each hop of the path that messages to a member take; ends as `traced`. */
  trace(to: number, timeoutMs: number, nowMs: number): string {
    const session = this.#session;
    if (session === null) return this.#operations.refuse('not-a-member');
    const operationId = this.#operations.begin();
    if (!session.trace(operationId, to, timeoutMs, nowMs)) this.#operations.end(operationId, { kind: 'unreachable' });
    return operationId;
  }

  /** Sends a message of an application, on a channel from 16 on; see {@link Overlay.send}. */
  send(dst: number, channel: number, bytes: Uint8Array, options: SendOptions, nowMs: number): Acceptance {
    if (this.overlay === null || channel < DATA_CHANNELS) return 'unknown_destination';
    this.#isTouched = true;
    return this.overlay.send(dst, channel, bytes, options, nowMs);
  }

  /** A message of a channel whose credit is held has been consumed. */
  release(delivery: OverlayDelivery, nowMs: number): void {
    this.overlay?.release(delivery, nowMs);
    this.#isTouched = true;
  }

  /** Routes that a path computation element computed for this node; see {@link Overlay.offerRoutes}. */
  offerRoutes(offer: MeshRouteOffer, nowMs: number): MeshOfferRefusal | undefined {
    this.#isTouched = true;
    return this.overlay === null ? 'not-a-member' : this.overlay.offerRoutes(offer, nowMs);
  }

  /** The offer with this tag is still what would be offered; see {@link Overlay.confirmRoutes}. */
  confirmRoutes(tag: string, validForMs: number, nowMs: number): boolean {
    return this.overlay?.confirmRoutes(tag, validForMs, nowMs) ?? false;
  }

  /** A connection whose handshake is done. */
  connected(id: number, info: ConnectionInfo, nowMs: number): void {
    this.#host.connected(id, info, nowMs);
    this.#isTouched = true;
  }

  /** One message of a connection; the bytes belong to the core from here on. */
  received(id: number, bytes: Uint8Array, nowMs: number): void {
    this.#host.received(id, bytes, nowMs);
    this.#isTouched = true;
  }

  disconnected(id: number, nowMs: number): void {
    this.#host.disconnected(id, nowMs);
    this.#isTouched = true;
  }

  dialFailed(address: string, lane: number, nowMs: number): void {
    this.overlay?.dialFailed(address, lane, nowMs);
    this.#isTouched = true;
  }

  /** How late this process is, ms. */
  setEventLoopDelay(delayMs: number): void {
    this.#host.setEventLoopDelay(delayMs);
  }

  /** The clock on the wall, ms since 1970, for what expires; tell it at the start and every few minutes. */
  setWallClock(wallMs: number, nowMs: number): void {
    this.#wallOffsetMs = wallMs - nowMs;
    this.#session?.plane.setWallClock(wallMs, nowMs);
  }

  /** A batch and all before it are durable. */
  persisted(number: number): void {
    this.#durability.persisted(number);
    this.#isTouched = true;
  }

  tick(nowMs: number): void {
    this.overlay?.tick(nowMs);
    this.#session?.tick(nowMs);
    this.#joins.tick(nowMs);
    this.#endJoin(nowMs);
    this.#isTouched = true;
  }

  /** @throws ControlGroupError when the log holds what this version does not know: the node must stop */
  takeReady(nowMs: number): MeshReady {
    this.#isTouched = false;
    this.#session?.work(nowMs);
    const overlay = this.#host.takeReady(nowMs);
    const deliveries = shareOut(overlay, this.#session, this.#joins, nowMs);
    this.#events.push(...overlay.events);
    if (overlay.deliveries.length + overlay.neighbourMessages.length > 0) this.#isTouched = true;
    this.#endJoin(nowMs);
    this.#collect(nowMs);
    const closes = [...overlay.closes, ...this.#host.takeCloses()];
    const { writes, dials, spentBatches } = overlay;
    const ready = {
      writes,
      dials,
      spentBatches,
      closes,
      deliveries,
      outcomes: this.#operations.take(),
      events: this.#events,
    };
    this.#events = [];
    return { ...ready, batches: this.#durability.take() };
  }

  /** Outcomes and events of the session, and the end of it. */
  #collect(nowMs: number): void {
    const session = this.#session;
    if (session === null) return;
    for (const { operationId, outcome } of session.takeEnded(nowMs)) this.#operations.end(operationId, outcome);
    if (this.#phase === 'leaving' && !session.isLeaving) this.#enter('member');
    this.#events.push(...session.takeEvents());
    if (session.removed !== null) this.#endMembership(session, session.removed);
  }

  #endJoin(nowMs: number): void {
    const ended = this.#joins.takeEnded(nowMs);
    if (ended === null) return;
    const { operationId, wish, end } = ended;
    if (end.kind !== 'welcome') {
      this.#operations.end(operationId, end.kind === 'refused' ? { ...end, value: 0 } : end);
      this.#host.stop();
      this.#enter('idle');
      return;
    }
    const record = newcomerRecord(end);
    // Nothing is said under the new short id before it is on the disk.
    this.#durability.record(encodeNodeRecord(record), true, () => {
      this.#becomeMember(record, NOTHING_RESTORED, nowMs).awaitState(operationId, nowMs + wish.timeoutMs);
    });
  }

  #becomeMember(record: NodeRecord, restored: Restored, nowMs: number): MemberSession {
    const { config, random } = this.#options;
    const overlay = this.overlay ?? this.#host.start(record.meshId, nowMs);
    const { hardState, snapshot, entries, peers: seeds = [] } = restored;
    const replica = { hardState, snapshot, entries, random };
    const own = { durability: this.#durability, introduction: this.#introduction, links: this.#host.links };
    const session = new MemberSession({ ...own, config, overlay, record, replica, seeds }, nowMs);
    session.plane.setWallClock(nowMs + this.#wallOffsetMs, nowMs);
    this.#session = session;
    this.#enter('member');
    return session;
  }

  #endMembership(session: MemberSession, reason: RemovalReason): void {
    for (const { operationId, outcome } of session.endAll(reason)) this.#operations.end(operationId, outcome);
    this.#session = null;
    this.#durability.record(null, true);
    this.#host.stop();
    this.#events.push({ kind: 'removed', reason });
    this.#enter('idle');
  }

  #enter(phase: MeshPhase): void {
    this.#isTouched = true;
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#events.push({ kind: 'phase', phase });
  }
}
