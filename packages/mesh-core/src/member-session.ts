import { Channel, type Overlay, type OverlayDelivery, type OverlayEvent } from '@peermesh/overlay';
import {
  ControlPlane,
  type ControlPlaneStart,
  type ControlReason,
  type LoggedChange,
  type NodeIntroduction,
  type RequestOptions,
} from '@peermesh/replication';
import { Admitting } from './bootstrap/admitting.ts';
import { contactsOf, contactsToKeep, contactsTold } from './bootstrap/known-members.ts';
import { decodeNeighbourWords, encodeNeighbourWords, type NeighbourWords } from './bootstrap/neighbour-message.ts';
import { encodeNodeRecord, type NodeRecord } from './bootstrap/node-record.ts';
import type { MeshCoreConfig } from './config.ts';
import type { Durability } from './durability.ts';
import { HealthWatch } from './health-watch.ts';
import type { MeshEvent, RemovalReason } from './mesh-ready.ts';
import { type OperationEnd, outcomeOf } from './operations.ts';
import { SelfDescription } from './self-description.ts';
import { TRACE_CHANNEL, Tracing } from './trace.ts';

export interface MemberSessionOptions {
  readonly config: MeshCoreConfig;
  readonly overlay: Overlay;
  /** Node ids at the other ends of links that are up. */
  readonly links: ReadonlySet<string>;
  readonly durability: Durability;
  readonly record: NodeRecord;
  readonly introduction: NodeIntroduction;
  /** Addresses to dial whoever answers there. */
  readonly seeds: readonly string[];
  readonly replica: Omit<ControlPlaneStart, 'config' | 'id' | 'isFounder'>;
}

/** What fits goes best effort, as Raft sends again what is lost; more goes by a flow, as the overlay has no larger messages. */
const ONE_FRAME_BYTES = 32 * 1024;

/** What a node does as long as it is a member: its control plane over its overlay. */
export class MemberSession {
  readonly plane: ControlPlane;
  readonly #tracing = new Tracing();
  readonly shortId: number;
  readonly #options: MemberSessionOptions;
  readonly #admitting: Admitting;
  readonly #description: SelfDescription;
  readonly #health: HealthWatch;
  #record: NodeRecord;
  #outcomes: OperationEnd[] = [];
  #join: { readonly operationId: string; readonly deadlineMs: number } | null = null;
  #events: MeshEvent[] = [];
  #leaving = '';
  #removed: RemovalReason | null = null;
  /** What a neighbour says; believed when the control group is silent as well. */
  #toldRemoved: RemovalReason | null = null;
  #leader = 0;
  #term = 0;
  #leaderSeenMs: number;
  #doubtAtMs: number;
  /** Messages that were refused. */
  refusedCount = 0;

  constructor(options: MemberSessionOptions, nowMs: number) {
    const { config, record, replica, overlay } = options;
    this.#options = options;
    this.#record = record;
    this.shortId = record.shortId;
    const { isFounder, shortId: id } = record;
    this.plane = new ControlPlane({ ...replica, id, isFounder, config: config.plane }, nowMs);
    this.#health = new HealthWatch(this.plane);
    this.#admitting = new Admitting(this.plane, config.admissionsMax);
    this.#description = new SelfDescription(options.introduction);
    this.#leaderSeenMs = nowMs;
    this.#doubtAtMs = nowMs + config.doubtMs;
    overlay.setSeeds(options.seeds, nowMs);
    this.#tellMembers(nowMs);
  }

  /** Newcomers that were turned away through this node, by reason. */
  get admissionsRefused(): ReadonlyMap<ControlReason, number> {
    return this.#admitting.refused;
  }

  /** Whether the state of the control group is at least as new as what this node was told when it was let in. */
  get isCurrent(): boolean {
    return this.plane.state.appliedIndex >= this.#record.contactsIndex && this.plane.state.members.has(this.shortId);
  }

  get removed(): RemovalReason | null {
    return this.#removed;
  }

  get wakeAtMs(): number {
    return Math.min(
      this.plane.wakeAtMs,
      this.#tracing.wakeAtMs,
      this.#doubtAtMs,
      this.#health.wakeAtMs,
      this.#join?.deadlineMs ?? Number.POSITIVE_INFINITY,
    );
  }

  tick(nowMs: number): void {
    this.plane.tick(nowMs);
    const { leader, term } = this.plane.raftStatus;
    if (leader !== 0) this.#leaderSeenMs = nowMs;
    else if (this.#toldRemoved !== null) this.#removed ??= this.#toldRemoved;
    if (leader !== this.#leader || term !== this.#term) {
      [this.#leader, this.#term] = [leader, term];
      this.#events.push({ kind: 'leader', leader, term });
    }
    this.#description.tick(this.plane, this.shortId, nowMs);
    if (nowMs >= this.#doubtAtMs) this.#doubt(nowMs);
    this.#events.push(...this.#health.tick(nowMs));
  }

  /** A message of a member, on a channel of the mesh. */
  deliver({ src, channel, bytes }: OverlayDelivery, nowMs: number): void {
    if (channel === Channel.control) this.plane.receive(src, bytes, nowMs);
    else if (channel === Channel.raft) this.plane.receiveRaft(src, bytes);
    else if (channel === TRACE_CHANNEL) {
      const reply = this.#tracing.heard(src, bytes, nowMs);
      if (reply !== null) this.#probe(src, reply, nowMs);
    }
  }

  /** A message of whoever is at the other end of a link. */
  hear(peer: string, bytes: Uint8Array, nowMs: number): void {
    const decoded = decodeNeighbourWords(bytes);
    if ('fault' in decoded) this.refusedCount += 1;
    else this.#answer(peer, decoded.value, nowMs);
  }

  onOverlayEvent(event: OverlayEvent, nowMs: number): void {
    if (event.kind !== 'membership' || !('member' in event.event)) return;
    const { member } = event.event;
    const shortId = this.#options.overlay.members.byNodeId(member.id)?.shortId;
    if (shortId === undefined || member.state === 'suspect') return;
    this.#onReachable(shortId, isThere(member.state), nowMs);
    this.#health.hurry(nowMs);
  }

  /** Hands what the plane wants done to overlay and disk. */
  work(nowMs: number): void {
    const { overlay, durability } = this.#options;
    const ready = this.plane.takeReady(nowMs);
    for (const batch of ready.batches) durability.replica(batch, () => this.plane.persisted(batch.number));
    for (const { to, frameClass: trafficClass, bytes } of ready.raft) {
      overlay.send(to, Channel.raft, bytes, { trafficClass, isReliable: bytes.length > ONE_FRAME_BYTES }, nowMs);
    }
    for (const { to, bytes } of ready.messages) {
      overlay.send(to, Channel.control, bytes, { trafficClass: 0, isReliable: true }, nowMs);
    }
    for (const logged of ready.changes) this.#events.push({ kind: 'changed', ...logged });
    if (ready.isRestored) this.#events.push({ kind: 'restored' });
    if (ready.isRestored || concernsMembers(ready.changes)) this.#onMembers(nowMs);
    // After the overlay has taken them off its list: what waits on a link that carries no members is taken back.
    this.#tellRemoved(ready.changes, nowMs);
    for (const { requestId, outcome } of ready.outcomes) {
      const answer = this.#admitting.outcome(requestId, outcome);
      if (requestId === this.#leaving) this.#leaving = '';
      if (answer === null) this.#outcomes.push({ operationId: requestId, outcome: outcomeOf(outcome) });
      else this.#say(answer.peer, answer.words, nowMs);
    }
    this.#removed ??= ready.removed;
  }

  /** The join that led to this membership is over when the log has come as far as the admission. */
  awaitState(operationId: string, deadlineMs: number): void {
    this.#join = { operationId, deadlineMs };
  }

  /** Asks to be taken out; see {@link isLeaving}. */
  leave(options: RequestOptions, nowMs: number): string {
    this.#leaving = this.plane.request({ kind: 'leave', shortId: this.shortId }, options, nowMs);
    return this.#leaving;
  }

  /** Whether a request to leave is under way. */
  get isLeaving(): boolean {
    return this.#leaving !== '';
  }

  /** What becomes of everything under way when the membership ends. Whoever leaves hears of it from its neighbours. */
  endAll(reason: RemovalReason): readonly OperationEnd[] {
    const ids = [
      ...this.plane.pending,
      ...this.#tracing.pending,
      ...(this.#join === null ? [] : [this.#join.operationId]),
    ];
    return ids.map((operationId) => {
      const hasLeft = operationId === this.#leaving && reason === 'left';
      return { operationId, outcome: hasLeft ? { kind: 'done', value: 0, index: 0 } : { kind: 'removed' } };
    });
  }

  /** Probes each hop to a member. @returns false when there is no way to it */
  trace(operationId: string, to: number, timeoutMs: number, nowMs: number): boolean {
    const hops = to === this.shortId ? [] : this.#options.overlay.routes?.pathTo(to, 0)?.segments;
    if (hops === undefined) return false;
    const probe = this.#tracing.begin(operationId, hops, timeoutMs, nowMs);
    for (const hop of hops) this.#probe(hop, probe, nowMs);
    return true;
  }

  /** What became of operations. */
  takeEnded(nowMs: number): readonly OperationEnd[] {
    const ended: OperationEnd[] = this.#outcomes;
    this.#outcomes = [];
    for (const { operationId, hops } of this.#tracing.takeEnded(nowMs)) {
      ended.push({ operationId, outcome: { kind: 'traced', hops } });
    }
    const join = this.#join;
    if (join === null || (!this.isCurrent && nowMs < join.deadlineMs)) return ended;
    this.#join = null;
    const { appliedIndex: index } = this.plane.state;
    const outcome = this.isCurrent
      ? ({ kind: 'done', value: this.shortId, index } as const)
      : ({ kind: 'unknown' } as const);
    ended.push({ operationId: join.operationId, outcome });
    return ended;
  }

  takeEvents(): MeshEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The members that there are, as the control group says, or as this node was told while its log is behind that. */
  #tellMembers(nowMs: number): void {
    const { overlay, introduction } = this.#options;
    const { state } = this.plane;
    const self = { ...introduction, shortId: this.shortId, nodeId: overlay.nodeId };
    const former = overlay.members.all();
    overlay.setMembers(this.isCurrent ? contactsOf(state) : contactsTold(self, this.#record.contacts), nowMs);
    // The failure detector goes by keys: of one that is under another id now it has no news.
    for (const { nodeId, shortId } of former) {
      const present = overlay.members.byNodeId(nodeId)?.shortId ?? shortId;
      const view = overlay.membership?.get(nodeId);
      if (present !== shortId && view !== undefined) this.#onReachable(present, isThere(view.state), nowMs);
    }
    overlay.setDraining(state.members.get(this.shortId)?.isDraining ?? false, nowMs);
  }

  #onMembers(nowMs: number): void {
    this.#tellMembers(nowMs);
    if (!this.isCurrent) return;
    const { state } = this.plane;
    const contacts = contactsToKeep(contactsOf(state));
    this.#record = { ...this.#record, hasLog: true, contactsIndex: state.appliedIndex, contacts };
    this.#options.durability.record(encodeNodeRecord(this.#record), false);
    this.#health.hurry(nowMs);
  }

  #onReachable(shortId: number, isReachable: boolean, nowMs: number): void {
    this.plane.reachable(shortId, isReachable, nowMs);
    this.#events.push({ kind: 'reachable', shortId, isReachable });
  }

  #answer(peer: string, words: NeighbourWords, nowMs: number): void {
    if (words.kind === 'join') {
      const refusal = this.#admitting.ask(peer, words, nowMs);
      if (refusal !== null) this.#say(peer, refusal, nowMs);
    } else if (words.kind === 'doubt') this.#say(peer, this.#admitting.standing(peer, words.shortId), nowMs);
    else if (words.kind === 'standing') this.#onStanding(peer, words);
    else if (words.kind === 'members') this.#onMembersTold(peer, words, nowMs);
  }

  /** Only a member's word counts. */
  #isHeeded(peer: string, shortId: number): boolean {
    return shortId === this.shortId && this.#options.overlay.members.byNodeId(peer) !== undefined;
  }

  /**
   * A node that was away while everybody it knew was removed or came back under another short id takes no message of those who
   * are there now, the leader's and its log included: until it has that log it goes by whom it was told of, as a newcomer does.
   */
  #onMembersTold(peer: string, words: Extract<NeighbourWords, { kind: 'members' }>, nowMs: number): void {
    if (!this.#isHeeded(peer, words.shortId)) return;
    this.#toldRemoved = null;
    const { index, contacts } = words;
    if (index <= Math.max(this.plane.state.appliedIndex, this.#record.contactsIndex)) return;
    this.#record = { ...this.#record, contactsIndex: index, contacts: contactsToKeep(contacts) };
    this.#options.durability.record(encodeNodeRecord(this.#record), false);
    this.#tellMembers(nowMs);
  }

  #onStanding(peer: string, { shortId, standing }: Extract<NeighbourWords, { kind: 'standing' }>): void {
    if (!this.#isHeeded(peer, shortId)) return;
    this.#toldRemoved = standing === 'member' || standing === 'unknown' ? null : standing;
  }

  /** Neighbours of a removed member tell it, as it gets no log and no route any more. */
  #tellRemoved(changes: readonly LoggedChange[], nowMs: number): void {
    for (const { change } of changes) {
      if (change.kind !== 'member-removed' || change.member.shortId === this.shortId) continue;
      const { nodeId, shortId } = change.member;
      if (this.#options.links.has(nodeId))
        this.#say(nodeId, { kind: 'standing', shortId, standing: change.why }, nowMs);
    }
  }

  #doubt(nowMs: number): void {
    const { doubtMs } = this.#options.config;
    this.#doubtAtMs = nowMs + doubtMs / 2;
    if (nowMs - this.#leaderSeenMs < doubtMs) return;
    for (const peer of this.#options.links) this.#say(peer, { kind: 'doubt', shortId: this.shortId }, nowMs);
  }

  #probe(to: number, bytes: Uint8Array, nowMs: number): void {
    this.#options.overlay.send(to, TRACE_CHANNEL, bytes, { trafficClass: 0, isReliable: false }, nowMs);
  }

  #say(peer: string, words: NeighbourWords, nowMs: number): void {
    this.#options.overlay.sendToNeighbour(peer, encodeNeighbourWords(words), nowMs);
  }
}

/** Whether the failure detector has not given a member up. */
function isThere(state: 'alive' | 'suspect' | 'failed' | 'left'): boolean {
  return state === 'alive' || state === 'suspect';
}

function concernsMembers(changes: readonly LoggedChange[]): boolean {
  return changes.some(({ change: { kind } }) => kind.startsWith('member-'));
}
