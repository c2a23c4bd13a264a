import type { Stores } from '@peermesh/consensus';
import type { MeshCore, MeshEvent, OperationOutcome } from '@peermesh/mesh-core';
import type { OverlayDelivery } from '@peermesh/overlay';
import type { Connection, DialError, Transport, TransportEvents } from '../transport/index.ts';
import { Persistence } from './persistence.ts';

/** What the driver tells; called from within a turn, never from within a call of the driver. */
export interface DriverEvents {
  onEvent(event: MeshEvent, nowMs: number): void;
  onDelivery(delivery: OverlayDelivery, nowMs: number): void;
  onDialFailed(address: string, error: DialError): void;
  onConnection(connection: Connection): void;
  /** The core ends a connection, or it is over: a connection that the core ended comes twice. */
  onEnded(connection: Connection, reason: string): void;
  /** An operation was done: what it changed is applied here. */
  onDone(): void;
  /** How long a durable write took. */
  onWritten(tookMs: number): void;
  /** The disk failed: the node goes on forwarding and decides nothing any more. */
  onStorageFailed(error: unknown): void;
  /** The core cannot go on: the node must stop. */
  onFatal(error: unknown): void;
}

const TIMER_MS_MAX = 60_000;

/**
 * Runs a {@link MeshCore}: brings it time, connections and durable writes, and carries out what it wants done. All that comes
 * in during one turn of the event loop is handled together at its end, so that batches are full and locks are not needed.
 */
export class MeshDriver {
  readonly core: MeshCore;
  readonly persistence: Persistence;
  readonly transportEvents: TransportEvents;
  readonly #now: () => number;
  readonly #events: DriverEvents;
  readonly #connections = new Map<number, Connection>();
  readonly #operations = new Map<string, (outcome: OperationOutcome) => void>();
  #transport: Transport | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  constructor(options: {
    readonly core: MeshCore;
    readonly stores: Stores;
    /** Ms of a clock that never goes back. */
    readonly now: () => number;
    readonly events: DriverEvents;
  }) {
    const { core, now, events } = options;
    this.core = core;
    this.#now = now;
    this.#events = events;
    this.persistence = new Persistence(options.stores, {
      onPersisted: (number) => this.run((mesh) => mesh.persisted(number)),
      onFailed: (error) => events.onStorageFailed(error),
      onWritten: (tookMs) => events.onWritten(tookMs),
    });
    this.transportEvents = {
      onConnection: (connection) => this.#connected(connection),
      onBatch: ({ id }, bytes) => this.run((mesh, nowMs) => mesh.received(id, bytes, nowMs)),
      onClosed: (connection, reason) => {
        const { id } = connection;
        this.#connections.delete(id);
        events.onEnded(connection, reason);
        this.run((mesh, nowMs) => mesh.disconnected(id, nowMs));
      },
      onDialFailed: (address, lane, error) => {
        events.onDialFailed(address, error);
        this.run((mesh, nowMs) => mesh.dialFailed(address, lane, nowMs));
      },
    };
  }

  /** Begins; the transport is the one that was given {@link transportEvents}. */
  start(transport: Transport): void {
    this.#transport = transport;
    this.#wake();
  }

  /** Puts something into the core; what it wants done is carried out at the end of this turn of the event loop. */
  run<T>(work: (core: MeshCore, nowMs: number) => T): T | undefined {
    if (this.#isStopped) return undefined;
    const result = work(this.core, this.#now());
    this.#wake();
    return result;
  }

  /** Starts an operation of the core; resolves with its outcome, `unknown` when the node stops first. */
  operation(begin: (core: MeshCore, nowMs: number) => string): Promise<OperationOutcome> {
    if (this.#isStopped) return Promise.resolve({ kind: 'unknown' });
    const { promise, resolve } = Promise.withResolvers<OperationOutcome>();
    const id = begin(this.core, this.#now());
    this.#operations.set(id, resolve);
    this.#wake();
    return promise;
  }

  /** Closes connections and waits for writes under way. The membership stays. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#transport?.close();
    await this.persistence.settled();
    for (const settle of this.#operations.values()) settle({ kind: 'unknown' });
    this.#operations.clear();
  }

  #connected(connection: Connection): void {
    const { id, peer, lane, established, isDialled } = connection;
    this.#connections.set(id, connection);
    this.#events.onConnection(connection);
    this.run((mesh, nowMs) => mesh.connected(id, { peer, lane, established, isDialled }, nowMs));
  }

  #wake(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null;
      if (!this.#isStopped) this.#turn();
    });
  }

  #turn(): void {
    try {
      const nowMs = this.#now();
      if (this.core.wakeAtMs <= nowMs) this.core.tick(nowMs);
      this.#carryOut(nowMs);
    } catch (error) {
      this.#isStopped = true;
      this.#events.onFatal(error);
      return;
    }
    this.#arm();
  }

  #carryOut(nowMs: number): void {
    const ready = this.core.takeReady(nowMs);
    const { batches, writes, dials, closes, deliveries, outcomes, events, spentBatches } = ready;
    this.persistence.add(batches);
    for (const { connection, bytes } of writes) this.#connections.get(connection)?.send(bytes);
    for (const bytes of spentBatches) this.#transport?.recycle(bytes);
    for (const { connection, reason } of closes) this.#close(connection, reason);
    for (const { address, lane, peer } of dials) this.#transport?.dial(address, lane, peer);
    for (const event of events) this.#events.onEvent(event, nowMs);
    for (const delivery of deliveries) this.#events.onDelivery(delivery, nowMs);
    for (const { operationId, outcome } of outcomes) {
      if (outcome.kind === 'done') this.#events.onDone();
      this.#operations.get(operationId)?.(outcome);
      this.#operations.delete(operationId);
    }
  }

  #close(id: number, reason: string): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#events.onEnded(connection, reason);
    connection.close(reason);
  }

  #arm(): void {
    const waitMs = this.core.wakeAtMs - this.#now();
    if (waitMs <= 0) return this.#wake();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.ceil(waitMs), TIMER_MS_MAX));
  }
}
