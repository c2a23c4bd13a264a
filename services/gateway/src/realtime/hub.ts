import type { Principal } from '@peermesh/authz';
import type { CloudEvent } from '@peermesh/contracts';
import type { RealtimeTopic } from '@peermesh/contracts/gateway';
import { gatewayErrors } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import type { RealtimeConnection, ResyncReason } from './connection.ts';
import { entryOf, type RealtimeEntry } from './entry.ts';
import { EventRing } from './event-ring.ts';
import type { StreamHistory } from './history.ts';
import { formatPosition, type Position, type StreamKey } from './position.ts';
import type { RealtimeMetrics } from './realtime-metrics.ts';
import { Rooms } from './rooms.ts';

/** Bounds of the hub. */
export interface HubLimits {
  readonly connectionsMax: number;
  readonly connectionsPerUserMax: number;
  readonly connectionsPerAddressMax: number;
  readonly ringEntriesMax: number;
  readonly ringBytesMax: number;
  /** Bytes a client may leave untaken before it gets nothing more for a while. */
  readonly bufferBytesSoft: number;
  /** Bytes at which a client is dropped. */
  readonly bufferBytesHard: number;
  /** How long a client may stay behind. */
  readonly behindMaxMs: number;
  readonly heartbeatMs: number;
  /** Largest spread of the reconnects after a shutdown. */
  readonly reconnectSpreadMs: number;
}

const SWEEP_MS = 250;

/** All realtime connections of this replica, and the events that go to them. */
export class RealtimeHub {
  readonly limits: HubLimits;
  readonly #ring: EventRing;
  readonly #position: Position;
  readonly #rooms = new Rooms();
  readonly #connections = new Set<RealtimeConnection>();
  readonly #perUser = new Map<string, number>();
  readonly #perAddress = new Map<string, number>();
  readonly #history: StreamHistory;
  readonly #metrics: RealtimeMetrics;
  readonly #logger: Logger;
  readonly #isStillGood: (principal: Principal, nowMs: number) => boolean;
  readonly #sweepTimer: NodeJS.Timeout;
  #isClosing = false;

  constructor(options: {
    readonly limits: HubLimits;
    /** Last sequences before the tail begins. */
    readonly floor: Position;
    readonly history: StreamHistory;
    readonly metrics: RealtimeMetrics;
    readonly logger: Logger;
    readonly isStillGood: (principal: Principal, nowMs: number) => boolean;
  }) {
    this.limits = options.limits;
    this.#position = { ...options.floor };
    this.#ring = new EventRing({
      entriesMax: options.limits.ringEntriesMax,
      bytesMax: options.limits.ringBytesMax,
      floor: options.floor,
    });
    this.#history = options.history;
    this.#metrics = options.metrics;
    this.#logger = options.logger;
    this.#isStillGood = options.isStillGood;
    this.#sweepTimer = setInterval(() => this.sweep(), SWEEP_MS);
    this.#sweepTimer.unref();
  }

  get size(): number {
    return this.#connections.size;
  }

  get position(): Readonly<Position> {
    return this.#position;
  }

  /** Refuses a connection that would exceed a limit. */
  assertRoom(principal: Principal, address: string): void {
    const refuse = (detail: string): never => {
      throw gatewayErrors.realtimeLimit({ detail, retryAfterSeconds: 5 });
    };
    if (this.#isClosing || this.#connections.size >= this.limits.connectionsMax) refuse('This replica is full.');
    if ((this.#perUser.get(userKey(principal)) ?? 0) >= this.limits.connectionsPerUserMax)
      refuse('The user has too many.');
    if ((this.#perAddress.get(address) ?? 0) >= this.limits.connectionsPerAddressMax)
      refuse('The address has too many.');
  }

  add(connection: RealtimeConnection): void {
    this.#connections.add(connection);
    count(this.#perUser, userKey(connection.principal), 1);
    count(this.#perAddress, connection.address, 1);
    connection.nextHeartbeatMs = performance.now() + this.limits.heartbeatMs * (0.5 + Math.random() / 2);
    this.#metrics.opened(connection.transport.kind);
  }

  /** Forgets a connection whose transport has closed. */
  remove(connection: RealtimeConnection): void {
    if (!this.#connections.delete(connection)) return;
    connection.isClosed = true;
    this.#rooms.removeAll(connection);
    count(this.#perUser, userKey(connection.principal), -1);
    count(this.#perAddress, connection.address, -1);
    this.#metrics.closed(connection.transport.kind);
  }

  subscribe(connection: RealtimeConnection, topics: readonly RealtimeTopic[], after: Position | null): void {
    if (connection.isClosed) return;
    for (const topic of topics) this.#rooms.add(connection, topic);
    if (after === null) return;
    connection.position.p = after.p;
    connection.position.s = after.s;
    if (after.p > this.#position.p || after.s > this.#position.s) void this.#waitForPosition(connection, after);
    else this.#resume(connection);
  }

  unsubscribe(connection: RealtimeConnection, topics: readonly RealtimeTopic[]): void {
    for (const topic of topics) this.#rooms.remove(connection, topic);
  }

  /** An event from the tail, in stream order. */
  publish(event: CloudEvent, stream: StreamKey, sequence: number): void {
    if (sequence <= this.#position[stream]) this.#beginAnew(stream);
    this.#position[stream] = sequence;
    const entry = entryOf(event, sequence, this.#position);
    if (entry === null) return;
    this.#ring.push(entry);
    for (const connection of this.#rooms.audience(entry)) this.#offer(connection, entry);
    this.#metrics.published(entry.topic);
  }

  /** The stream was made anew: its sequences start over, so no resume token means anything any more. */
  #beginAnew(stream: StreamKey): void {
    this.#position[stream] = 0;
    this.#ring.clear({ ...this.#position });
    this.#logger.warn({ stream }, 'stream has begun anew, realtime clients start over');
    for (const connection of this.#connections) if (connection.topics.size > 0) this.#resync(connection, 'unknown');
  }

  /** Checks every connection: still entitled, still alive, still keeping up. */
  sweep(): void {
    const nowMs = performance.now();
    const epochMs = Date.now();
    for (const connection of this.#connections) {
      if (!this.#isStillGood(connection.principal, epochMs)) {
        connection.transport.sendGoodbye('credential is no longer valid', 0);
        connection.transport.close(4401, 'credential is no longer valid');
        this.#metrics.dropped('credential');
        this.remove(connection);
        continue;
      }
      if (connection.cursor !== null || connection.isReplaying) this.#checkBehind(connection, nowMs);
      else if (connection.transport.bufferedBytes > this.limits.bufferBytesHard) this.#dropSlow(connection);
      if (!connection.isClosed && nowMs >= connection.nextHeartbeatMs) this.#heartbeat(connection, nowMs);
    }
  }

  /** Says goodbye to everybody, each with its own moment to come back. */
  close(): void {
    this.#isClosing = true;
    clearInterval(this.#sweepTimer);
    for (const connection of this.#connections) {
      connection.transport.sendGoodbye('restart', Math.floor(Math.random() * this.limits.reconnectSpreadMs));
      connection.transport.close(1012, 'restart');
    }
  }

  #offer(connection: RealtimeConnection, entry: RealtimeEntry): void {
    if (connection.cursor !== null || connection.isReplaying || !connection.wants(entry)) return;
    if (connection.transport.bufferedBytes > this.limits.bufferBytesSoft) {
      connection.cursor = this.#ring.end - 1;
      connection.behindSinceMs = performance.now();
      this.#metrics.fellBehind();
      return;
    }
    connection.send(entry);
  }

  #checkBehind(connection: RealtimeConnection, nowMs: number): void {
    const { bufferedBytes } = connection.transport;
    if (bufferedBytes > this.limits.bufferBytesHard || nowMs - connection.behindSinceMs > this.limits.behindMaxMs) {
      this.#dropSlow(connection);
    } else if (!connection.isReplaying && bufferedBytes <= this.limits.bufferBytesSoft >> 2) this.#pump(connection);
  }

  #dropSlow(connection: RealtimeConnection): void {
    this.#metrics.dropped('slow');
    connection.transport.close(1013, 'too slow');
    this.remove(connection);
  }

  /** Sends what the ring holds for a connection that is behind, as far as its buffer allows. */
  #pump(connection: RealtimeConnection): void {
    if (connection.cursor === null) return;
    if (connection.cursor < this.#ring.start) return this.#resync(connection, 'slow');
    while (connection.cursor < this.#ring.end) {
      const entry = this.#ring.at(connection.cursor)!;
      if (connection.wants(entry)) {
        if (connection.transport.bufferedBytes > this.limits.bufferBytesSoft) return;
        connection.send(entry);
        connection.behindSinceMs = performance.now();
      }
      connection.cursor++;
    }
    connection.cursor = null;
    connection.moveTo(this.#position);
  }

  #resume(connection: RealtimeConnection): void {
    connection.behindSinceMs = performance.now();
    if (this.#ring.covers(connection.position)) {
      connection.cursor = this.#ring.start;
      this.#pump(connection);
      return;
    }
    connection.isReplaying = true;
    void this.#replay(connection);
  }

  async #replay(connection: RealtimeConnection): Promise<void> {
    const floor = { ...this.#ring.floor };
    try {
      const outcome = await this.#history.replay(connection, floor, this.limits.bufferBytesSoft);
      connection.isReplaying = false;
      if (connection.isClosed) return;
      if (outcome !== 'done') return this.#resync(connection, outcome);
      connection.moveTo(floor);
      if (!this.#ring.covers(floor)) return this.#resume(connection);
      connection.cursor = this.#ring.start;
      this.#pump(connection);
    } catch (error) {
      connection.isReplaying = false;
      this.#logger.warn({ err: error }, 'realtime replay failed');
      if (!connection.isClosed) this.#resync(connection, 'unavailable');
    }
  }

  /** The client was served by a replica that is ahead of this one, or the stream began anew. */
  async #waitForPosition(connection: RealtimeConnection, after: Position): Promise<void> {
    connection.isReplaying = true;
    connection.behindSinceMs = performance.now();
    try {
      const isKnown = await this.#history.isKnown(after);
      connection.isReplaying = false;
      if (connection.isClosed) return;
      if (!isKnown) this.#resync(connection, 'unknown');
      else this.#resume(connection);
    } catch {
      connection.isReplaying = false;
      if (!connection.isClosed) this.#resync(connection, 'unavailable');
    }
  }

  #resync(connection: RealtimeConnection, reason: ResyncReason): void {
    connection.cursor = null;
    connection.position.p = this.#position.p;
    connection.position.s = this.#position.s;
    connection.transport.sendResync(formatPosition(this.#position), reason);
    this.#metrics.resynced(reason);
  }

  #heartbeat(connection: RealtimeConnection, nowMs: number): void {
    connection.nextHeartbeatMs = nowMs + this.limits.heartbeatMs;
    if (!connection.transport.isResponsive) {
      this.#metrics.dropped('silent');
      connection.transport.terminate();
      return;
    }
    if (connection.cursor !== null || connection.isReplaying) return;
    connection.moveTo(this.#position);
    connection.transport.sendHeartbeat(connection.token);
  }
}

function userKey(principal: Principal): string {
  return `${principal.tenantId}/${principal.subject}`;
}

function count(counts: Map<string, number>, key: string, change: 1 | -1): void {
  const next = (counts.get(key) ?? 0) + change;
  if (next <= 0) counts.delete(key);
  else counts.set(key, next);
}
