import type { RaftStatus } from '@peermesh/consensus';
import type { CommandBody, MeshHealth } from '../control-group/command.ts';
import { encodeCommand } from '../control-group/control-group.ts';
import type { ControlState } from '../control-group/state.ts';
import { ControlReplica } from './control-replica.ts';
import { Departures } from './departures.ts';
import { LeaderDesk } from './leader-desk.ts';
import { OwnRequests } from './own-requests.ts';
import type { PlaneConfig } from './plane-config.ts';
import { decodePlaneMessage, encodePlaneMessage, type PlaneMessage } from './plane-message.ts';
import type { ControlPlaneStart, RequestOptions } from './plane-options.ts';
import type { LoggedChange, PlaneReady } from './plane-ready.ts';
import { Reachability } from './reachability.ts';
import { Recovery, recoveryCommands, recoveryOutcome } from './recovery.ts';
import { newRequestId } from './requests.ts';
import { VoterManager } from './voter-manager.ts';

const RECOVERY_TIMEOUT_MS = 10_000;

/**
 * A member's part in the control group: its replica, its requests, and, while it leads, the requests of others and the voters.
 * Pure: time and randomness come in, messages and writes come out. Times are ms of a clock that never goes back.
 */
export class ControlPlane {
  readonly #replica: ControlReplica;
  readonly #config: PlaneConfig;
  readonly #random: () => number;
  readonly #requests: OwnRequests;
  readonly #reachability: Reachability;
  readonly #voters: VoterManager;
  readonly #desk: LeaderDesk;
  readonly #recovery: Recovery;
  #messages: { to: number; bytes: Uint8Array }[] = [];
  #tickAtMs: number;
  #removed: PlaneReady['removed'] = null;
  /** Messages that were refused, by reason. */
  readonly counters: Record<string, number> = {};

  constructor(start: ControlPlaneStart, nowMs: number) {
    const { config, random } = start;
    this.#config = config;
    this.#random = random;
    this.#replica = new ControlReplica({ ...start, ...config });
    this.#reachability = new Reachability(start.id, config.benefitMs);
    this.#reachability.follow(this.state.members.keys(), nowMs);
    const send = (to: number, message: PlaneMessage): void => this.#send(to, message);
    const departures = new Departures(this.#replica);
    this.#desk = new LeaderDesk(this.#replica, this.#reachability, departures, send);
    this.#requests = new OwnRequests(this.#replica, this.#desk, config, send);
    this.#recovery = new Recovery(this.#replica, this.#reachability, send);
    this.#voters = new VoterManager(this.#replica, this.#reachability, departures, config);
    this.#tickAtMs = nowMs + config.tickMs;
  }

  get state(): Readonly<ControlState> {
    return this.#replica.group.state;
  }

  get replica(): ControlReplica {
    return this.#replica;
  }

  get raftStatus(): RaftStatus {
    return this.#replica.status;
  }

  get wakeAtMs(): number {
    return Math.min(this.#tickAtMs, this.#requests.wakeAtMs, this.#voters.wakeAtMs, this.#recovery.wakeAtMs);
  }

  health(nowMs: number): MeshHealth {
    return this.#reachability.health(nowMs);
  }

  unreachable(nowMs: number): readonly number[] {
    return this.#reachability.unreachable(nowMs);
  }

  /** What the failure detector says of a member. */
  reachable(shortId: number, isReachable: boolean, nowMs: number): void {
    this.#reachability.report(shortId, isReachable, nowMs);
    this.#replica.reachable(shortId, isReachable);
  }

  /** The clock on the wall, for what expires; only read while this replica leads. */
  setWallClock(wallMs: number, nowMs: number): void {
    this.#desk.wallOffsetMs = wallMs - nowMs;
  }

  /** Lets a group of one elect itself at once instead of after an election timeout. */
  hurryElection(): void {
    const { configuration, id } = this.#replica;
    if (configuration.voters.length !== 1 || configuration.voters[0] !== id) return;
    for (let ticks = 0; ticks < 1_000 && this.raftStatus.role === 'follower'; ticks += 1) this.#replica.tick();
  }

  /**
   * Asks for a command; its outcome comes out of {@link takeReady} under the returned id.
   * @throws RangeError when the command is beyond a limit of its format
   */
  request(body: CommandBody, options: RequestOptions, nowMs: number): string {
    const requestId = newRequestId(this.#random);
    const { operator = '', override = '', timeoutMs } = options;
    const actor = body.kind === 'create' ? 0 : this.#replica.id;
    const header = { requestId, basis: 0, actor, operator, override, atMs: 0, health: 'HEALTHY' as const };
    encodeCommand({ header, body });
    return this.#requests.begin(requestId, { header, body }, timeoutMs, nowMs);
  }

  /**
   * Evicts members without a majority and goes on with the state of this replica. Refused unless there is no leader, half of the members
   * or more are away, those to be evicted among them, and nobody who can be reached has a newer log. What only the lost ones had is lost,
   * and should they come back together, they are another mesh: an operator's last resort, which is kept as an override.
   */
  recover(
    evicting: readonly number[],
    options: { readonly operator: string; readonly override: string },
    nowMs: number,
  ): string {
    const requestId = newRequestId(this.#random);
    this.#recovery.begin({ requestId, evicting, ...options }, nowMs);
    return requestId;
  }

  /** Asks for a moment at which this replica has applied everything that is committed now. */
  read(timeoutMs: number, nowMs: number): string {
    return this.#requests.begin(newRequestId(this.#random), null, timeoutMs, nowMs);
  }

  /** Requests that have no outcome yet. */
  get pending(): readonly string[] {
    return this.#requests.pending;
  }

  /** A frame of Raft of another member. */
  receiveRaft(from: number, bytes: Uint8Array): void {
    const refused = this.#replica.received(from, bytes);
    if (refused !== null) this.#count(refused);
  }

  /** A message of another member's plane. */
  receive(from: number, bytes: Uint8Array, nowMs: number): void {
    const decoded = decodePlaneMessage(bytes);
    if ('fault' in decoded) return this.#count(decoded.fault);
    const message = decoded.value;
    switch (message.kind) {
      case 'request':
        return this.#desk.request(from, message.command, nowMs) ? undefined : this.#count('not-the-actor');
      case 'read':
        return this.#desk.read(from, message.requestId);
      case 'answer':
        if (this.#requests.onAnswer(message)) this.#removed ??= 'left';
        return;
      case 'declined':
        return this.#requests.onDeclined(message, nowMs);
      case 'readAnswer':
        return this.#requests.onReadAt(message.requestId, message.index, nowMs);
      case 'position':
        return this.#recovery.answer(from, message.requestId);
      case 'positionAnswer':
        return this.#recovery.heard(from, message);
      case 'removed':
        if (from === this.raftStatus.leader) this.#removed ??= message.why;
        else this.#count('not-the-leader');
    }
  }

  persisted(number: number): void {
    this.#replica.persisted(number);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#tickAtMs) {
      this.#replica.tick();
      // A node that stood still does not make up for it: that would be an election for nothing.
      this.#tickAtMs = Math.max(this.#tickAtMs + this.#config.tickMs, nowMs + this.#config.tickMs / 2);
    }
    this.#requests.tick(nowMs);
    this.#voters.tick(nowMs);
    this.#endRecovery(nowMs);
  }

  /** @throws ControlGroupError when the log holds what is not known here: the node must stop */
  takeReady(nowMs: number): PlaneReady {
    const ready = this.#replica.takeReady();
    const changes = ready.applied.flatMap(({ index, by, changes: made }) =>
      made.map((change) => ({ index, change, by })),
    );
    if (ready.isRestored || changes.length > 0) this.#reachability.follow(this.state.members.keys(), nowMs);
    this.#requests.applied(ready.applied, ready.isRestored);
    this.#desk.applied(ready.applied);
    for (const { context, index } of ready.reads)
      this.#requests.onReadAt(this.#desk.confirmed(context, index), index, nowMs);
    this.#requests.endReads();
    if (changes.length > 0) this.#sayFarewell(changes);
    const messages = this.#messages;
    this.#messages = [];
    const { batches, frames: raft, isRestored } = ready;
    return {
      batches,
      raft,
      messages,
      outcomes: this.#requests.takeOutcomes(),
      changes,
      isRestored,
      removed: this.#removed,
    };
  }

  #endRecovery(nowMs: number): void {
    const end = this.#recovery.takeEnd(nowMs);
    if (end === null) return;
    const { requestId } = end.wish;
    if (end.kind !== 'go') {
      this.#requests.tell(requestId, recoveryOutcome(end));
      return;
    }
    this.#replica.goOnAlone();
    this.hurryElection();
    for (const command of recoveryCommands(end.wish, this.#replica.id, () => newRequestId(this.#random))) {
      this.#requests.begin(command.header.requestId, command, RECOVERY_TIMEOUT_MS, nowMs);
    }
  }

  #sayFarewell(changes: readonly LoggedChange[]): void {
    for (const { change } of changes) {
      if (change.kind !== 'member-removed') continue;
      const { shortId } = change.member;
      this.#replica.forget(shortId);
      if (shortId === this.#replica.id) this.#removed ??= change.why;
      else if (this.raftStatus.role === 'leader') this.#send(shortId, { kind: 'removed', why: change.why });
    }
  }

  #send(to: number, message: PlaneMessage): void {
    this.#messages.push({ to, bytes: encodePlaneMessage(message) });
  }

  #count(reason: string): void {
    this.counters[reason] = (this.counters[reason] ?? 0) + 1;
  }
}
