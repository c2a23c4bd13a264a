import {
  type Acceptance,
  type ConnectionInfo,
  Overlay,
  type OverlayDelivery,
  type OverlayReady,
  type SendOptions,
} from '@peermesh/overlay';
import { type CommandBody, joinKeyHash, type NodeIntroduction, type RequestOptions } from '@peermesh/replication';
import { NodeFlag } from '@peermesh/routing';
import { Joining, type JoinWish } from './bootstrap/joining.ts';
import { decodeNeighbourWords, encodeNeighbourWords } from './bootstrap/neighbour-message.ts';
import { decodeNodeRecord, encodeNodeRecord, type NodeRecord } from './bootstrap/node-record.ts';
import { Durability } from './durability.ts';
import { MemberSession } from './member-session.ts';
import { type MeshCoreOptions, NOTHING_RESTORED, type Restored, type SeedWish } from './mesh-core-options.ts';
import type { MeshClose, MeshEvent, MeshPhase, MeshReady, OperationOutcome, RemovalReason } from './mesh-ready.ts';
import { type OperationEnd, outcomeOf } from './operation-outcome.ts';

const COMMAND_TIMEOUT_MS = 10_000;
const DATA_CHANNELS = 16;

/**
 * One node of a mesh as a state machine: overlay and control plane, and how it becomes and ceases to be a member. Calls put in
 * what transport, disk and operators bring; {@link takeReady} takes out what is to be done. Operations are asynchronous: each
 * returns an id, under which its outcome comes out. Pure: no clock, socket, disk or promise; times are ms of one clock that
 * never goes back. Call {@link tick} when {@link wakeAtMs} has come, and `takeReady` after every call that put something in.
 */
export class MeshCore {
  readonly nodeId: string;
  readonly #options: MeshCoreOptions;
  readonly #durability = new Durability();
  readonly #connections = new Set<number>();
  /** Node ids at the other ends of links that are up. */
  readonly #links = new Set<string>();
  #phase: MeshPhase = 'idle';
  #overlay: Overlay | null = null;
  #session: MemberSession | null = null;
  #joining: Joining | null = null;
  /** The join that is over when the log has come as far as the admission. */
  #joinUnderWay: { readonly operationId: string; readonly deadlineMs: number } | null = null;
  /** The request by which this node leaves; empty for none. */
  #leaveOperation = '';
  #wallOffsetMs = 0;
  #eventLoopDelayMs = 0;
  #operations = 0;
  #outcomes: OperationEnd[] = [];
  #events: MeshEvent[] = [];
  #closes: MeshClose[] = [];
  /** A call put something in since the last takeReady. */
  #isTouched = true;

  /** @throws ControlGroupError when the disk holds what this version does not know */
  constructor(options: MeshCoreOptions, nowMs: number) {
    this.#options = options;
    this.nodeId = options.self.nodeId;
    const { restored } = options;
    const record = restored.record === null ? null : decodeNodeRecord(restored.record);
    if (record !== null && wasCreated(record, restored)) this.#becomeMember(record, restored, nowMs);
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
    return this.#overlay;
  }

  get wakeAtMs(): number {
    if (this.#isTouched) return Number.NEGATIVE_INFINITY;
    return Math.min(
      this.#overlay?.wakeAtMs ?? Number.POSITIVE_INFINITY,
      this.#session?.wakeAtMs ?? Number.POSITIVE_INFINITY,
      this.#joining?.wakeAtMs ?? Number.POSITIVE_INFINITY,
      this.#joinUnderWay?.deadlineMs ?? Number.POSITIVE_INFINITY,
    );
  }

  /** Begins a mesh with this node as its only member. Ends as `done` with its short id when that is durable. */
  seed({ meshId, policy, joinKeys }: SeedWish, nowMs: number): string {
    if (this.#phase !== 'idle') return this.#refuse('already-a-member');
    const record = { meshId, shortId: 1, isFounder: true, contactsIndex: 0, contacts: [] };
    const body: CommandBody = {
      kind: 'create',
      meshId,
      policy,
      nodeId: this.nodeId,
      founder: this.#introduction(),
      joinKeys: joinKeys.map(({ id, secret, expiresAtMs, usesMax }) => {
        return { id, hash: joinKeyHash(meshId, secret), expiresAtMs, usesMax };
      }),
    };
    this.#durability.record(encodeNodeRecord(record), true);
    const session = this.#becomeMember(record, NOTHING_RESTORED, nowMs);
    session.plane.hurryElection();
    return session.plane.request(body, { timeoutMs: COMMAND_TIMEOUT_MS }, nowMs);
  }

  /** Asks to be let in, by one member after the other. Ends as `done` with the short id when this node has the mesh's state. */
  join(wish: JoinWish, nowMs: number): string {
    if (this.#phase !== 'idle') return this.#refuse('already-a-member');
    const operationId = this.#newOperation();
    const { joinRetryMs: retryMs } = this.#options.config;
    const nonce = `${operationId}-${Math.floor(this.#options.random() * 2 ** 48).toString(16)}`;
    this.#joining = new Joining(operationId, wish, this.#introduction(), { nonce, retryMs, nowMs });
    this.#startOverlay(wish.meshId, nowMs).setSeeds(wish.addresses, nowMs);
    this.#enter('joining');
    return operationId;
  }

  /** Gives up a wish to join. */
  cancelJoin(nowMs: number): void {
    if (this.#joining !== null) this.#endJoining({ kind: 'timed-out' }, nowMs);
  }

  /** Leaves for good: what this node knew of the mesh is forgotten when it is `done`. */
  leave(options: Partial<RequestOptions>, nowMs: number): string {
    const shortId = this.#session?.shortId ?? 0;
    const operationId = this.command({ kind: 'leave', shortId }, options, nowMs);
    if (this.#phase !== 'member') return operationId;
    this.#leaveOperation = operationId;
    this.#enter('leaving');
    return operationId;
  }

  /**
   * Asks the control group for a change: eviction, drain, settings, keys, whatever {@link CommandBody} holds.
   * @throws RangeError when it is beyond a limit of its format
   */
  command(body: CommandBody, options: Partial<RequestOptions>, nowMs: number): string {
    const { plane } = this.#session ?? {};
    if (plane === undefined) return this.#refuse('not-a-member');
    this.#isTouched = true;
    return plane.request(body, { timeoutMs: COMMAND_TIMEOUT_MS, ...options }, nowMs);
  }

  /** Ends as `read` when this node has seen everything that was decided by now. */
  read(timeoutMs: number, nowMs: number): string {
    const { plane } = this.#session ?? {};
    if (plane === undefined) return this.#refuse('not-a-member');
    this.#isTouched = true;
    return plane.read(timeoutMs, nowMs);
  }

  /** Probes each hop of the path that messages to a member take; ends as `traced`. */
  trace(to: number, timeoutMs: number, nowMs: number): string {
    const session = this.#session;
    if (session === null) return this.#refuse('not-a-member');
    const hops = to === session.shortId ? [] : this.#overlay?.routes?.pathTo(to, 0)?.segments;
    if (hops === undefined) return this.#refuse('unreachable');
    const operationId = this.#newOperation();
    const probe = session.tracing.begin(operationId, hops, timeoutMs, nowMs);
    for (const hop of hops) session.probe(hop, probe, nowMs);
    return operationId;
  }

  /** Sends a message of an application, on a channel from 16 on; see {@link Overlay.send}. */
  send(dst: number, channel: number, bytes: Uint8Array, options: SendOptions, nowMs: number): Acceptance {
    if (this.#overlay === null || channel < DATA_CHANNELS) return 'unknown_destination';
    this.#isTouched = true;
    return this.#overlay.send(dst, channel, bytes, options, nowMs);
  }

  /** A message of a channel whose credit is held has been consumed. */
  release(delivery: OverlayDelivery, nowMs: number): void {
    this.#overlay?.release(delivery, nowMs);
    this.#isTouched = true;
  }

  /** A connection whose handshake is done. */
  connected(id: number, info: ConnectionInfo, nowMs: number): void {
    this.#isTouched = true;
    if (this.#overlay === null) this.#closes.push({ connection: id, reason: 'no_mesh' });
    else {
      this.#connections.add(id);
      this.#overlay.connected(id, info, nowMs);
    }
  }

  /** One message of a connection; the bytes belong to the core from here on. */
  received(id: number, bytes: Uint8Array, nowMs: number): void {
    if (!this.#connections.has(id)) return;
    this.#overlay?.received(id, bytes, nowMs);
    this.#isTouched = true;
  }

  disconnected(id: number, nowMs: number): void {
    if (!this.#connections.delete(id)) return;
    this.#overlay?.disconnected(id, nowMs);
    this.#isTouched = true;
  }

  dialFailed(address: string, lane: number, nowMs: number): void {
    this.#overlay?.dialFailed(address, lane, nowMs);
    this.#isTouched = true;
  }

  /** How late this process is, ms: a slow observer accuses later. */
  setEventLoopDelay(delayMs: number): void {
    this.#eventLoopDelayMs = delayMs;
    this.#overlay?.setEventLoopDelay(delayMs);
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
    this.#overlay?.tick(nowMs);
    this.#session?.tick(nowMs);
    const due = this.#joining?.due(nowMs) ?? null;
    if (due !== null) this.#overlay?.sendToNeighbour(due.peer, encodeNeighbourWords(due.words), nowMs);
    this.#endJoin(nowMs);
    this.#isTouched = true;
  }

  /** @throws ControlGroupError when the log holds what this version does not know: the node must stop */
  takeReady(nowMs: number): MeshReady {
    this.#isTouched = false;
    this.#session?.work(nowMs);
    const overlay = this.#overlay?.takeReady(nowMs) ?? NOTHING;
    const deliveries: OverlayDelivery[] = [];
    for (const event of overlay.events) this.#onOverlayEvent(event, nowMs);
    for (const { peer, bytes } of overlay.neighbourMessages) this.#onNeighbourMessage(peer, bytes, nowMs);
    for (const delivery of overlay.deliveries) {
      if (delivery.channel >= DATA_CHANNELS) deliveries.push(delivery);
      else this.#session?.deliver(delivery, nowMs);
    }
    if (overlay.deliveries.length + overlay.neighbourMessages.length > 0) this.#isTouched = true;
    this.#endJoin(nowMs);
    this.#collect(nowMs);
    const closes = [...overlay.closes, ...this.#closes];
    const { writes, dials } = overlay;
    const ready = { writes, dials, closes, deliveries, outcomes: this.#outcomes, events: this.#events };
    [this.#closes, this.#outcomes, this.#events] = [[], [], []];
    return { ...ready, batches: this.#durability.take() };
  }

  #onOverlayEvent(event: OverlayReady['events'][number], nowMs: number): void {
    this.#session?.onOverlayEvent(event, nowMs);
    if (event.kind === 'link') {
      if (event.isUp) this.#links.add(event.peer);
      else this.#links.delete(event.peer);
      this.#joining?.linkChanged(event.peer, event.isUp, nowMs);
    }
    this.#events.push(event);
  }

  #onNeighbourMessage(peer: string, bytes: Uint8Array, nowMs: number): void {
    if (this.#session !== null) return this.#session.hear(peer, bytes, nowMs);
    const decoded = decodeNeighbourWords(bytes);
    if (this.#joining === null || 'fault' in decoded) return;
    this.#joining.heard(decoded.value, nowMs);
  }

  /** Outcomes and events of the session, and the end of it. */
  #collect(nowMs: number): void {
    const session = this.#session;
    if (session === null) return;
    for (const { operationId, hops } of session.tracing.takeEnded(nowMs))
      this.#end(operationId, { kind: 'traced', hops });
    for (const { requestId, outcome } of session.takeOutcomes()) {
      if (requestId === this.#leaveOperation) {
        this.#leaveOperation = '';
        if (outcome.kind !== 'result' || !outcome.result.isDone) this.#enter('member');
      }
      this.#end(requestId, outcomeOf(outcome));
    }
    this.#events.push(...session.takeEvents());
    const underWay = this.#joinUnderWay;
    if (underWay !== null && (session.isCurrent || nowMs >= underWay.deadlineMs)) {
      this.#joinUnderWay = null;
      const { appliedIndex: index } = session.plane.state;
      this.#end(
        underWay.operationId,
        session.isCurrent ? { kind: 'done', value: session.shortId, index } : { kind: 'unknown' },
      );
    }
    if (session.removed !== null) this.#endMembership(session.removed);
  }

  #endJoin(nowMs: number): void {
    const joining = this.#joining;
    if (joining === null) return;
    joining.due(nowMs);
    const { end } = joining;
    if (end === null) return;
    if (end.kind !== 'welcome') {
      this.#endJoining(end.kind === 'refused' ? { ...end, value: 0 } : end, nowMs);
      return;
    }
    this.#joining = null;
    const { meshId, shortId, index: contactsIndex, contacts } = end;
    const record = { meshId, shortId, isFounder: false, contactsIndex, contacts: contacts.slice(0, 256) };
    this.#joinUnderWay = { operationId: joining.operationId, deadlineMs: nowMs + joining.wish.timeoutMs };
    // Nothing is said under the new short id before it is on the disk.
    this.#durability.record(encodeNodeRecord(record), true, () => {
      this.#becomeMember(record, NOTHING_RESTORED, nowMs);
    });
  }

  #endJoining(outcome: OperationOutcome, nowMs: number): void {
    const joining = this.#joining;
    this.#joining = null;
    if (joining !== null) this.#end(joining.operationId, outcome);
    this.#overlay?.setSeeds([], nowMs);
    this.#stopOverlay();
    this.#enter('idle');
  }

  #becomeMember(record: NodeRecord, restored: Restored, nowMs: number): MemberSession {
    const { config, random } = this.#options;
    const overlay = this.#overlay ?? this.#startOverlay(record.meshId, nowMs);
    const { hardState, snapshot, entries } = restored;
    const replica = { hardState, snapshot, entries, random };
    const introduction = this.#introduction();
    const session = new MemberSession(
      { config, overlay, links: this.#links, durability: this.#durability, record, introduction, replica },
      nowMs,
    );
    session.plane.setWallClock(nowMs + this.#wallOffsetMs, nowMs);
    this.#session = session;
    this.#enter('member');
    return session;
  }

  #endMembership(reason: RemovalReason): void {
    this.#session = null;
    // Whoever left hears of it from its neighbours, as the log does not come any more.
    const hasLeft: OperationOutcome = { kind: 'done', value: 0, index: 0 };
    if (this.#leaveOperation !== '') this.#end(this.#leaveOperation, reason === 'left' ? hasLeft : { kind: 'removed' });
    this.#leaveOperation = '';
    this.#durability.record(null, true);
    this.#stopOverlay();
    this.#events.push({ kind: 'removed', reason });
    this.#enter('idle');
  }

  #startOverlay(meshId: string, nowMs: number): Overlay {
    const { self, signer, random, config } = this.#options;
    const { isInbound, isRelay } = self.description;
    const flags = (isInbound ? NodeFlag.INBOUND : 0) | (isRelay ? NodeFlag.RELAY : 0);
    const { nodeId, bootEpoch } = self;
    this.#overlay = new Overlay({ meshId, nodeId, bootEpoch, flags, config: config.overlay, signer, random, nowMs });
    this.#overlay.setEventLoopDelay(this.#eventLoopDelayMs);
    return this.#overlay;
  }

  #stopOverlay(): void {
    for (const connection of this.#connections) this.#closes.push({ connection, reason: 'no_mesh' });
    this.#connections.clear();
    this.#links.clear();
    this.#overlay = null;
  }

  #introduction(): NodeIntroduction {
    const { volumeId, sealingKey, certificate, description } = this.#options.self;
    return { ...description, volumeId, sealingKey, certificate };
  }

  #enter(phase: MeshPhase): void {
    this.#isTouched = true;
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#events.push({ kind: 'phase', phase });
  }

  #refuse(kind: 'not-a-member' | 'already-a-member' | 'unreachable'): string {
    const operationId = this.#newOperation();
    this.#end(operationId, { kind });
    return operationId;
  }

  #end(operationId: string, outcome: OperationOutcome): void {
    this.#outcomes.push({ operationId, outcome });
    this.#isTouched = true;
  }

  #newOperation(): string {
    this.#operations += 1;
    return `op-${this.#operations}`;
  }
}

const NOTHING: OverlayReady = { writes: [], dials: [], closes: [], deliveries: [], neighbourMessages: [], events: [] };

/** A founder that crashed before the mesh was durable has none. */
function wasCreated({ isFounder }: NodeRecord, { snapshot, entries }: Restored): boolean {
  return !isFounder || snapshot !== null || entries.some(({ data }) => data.length > 0);
}
