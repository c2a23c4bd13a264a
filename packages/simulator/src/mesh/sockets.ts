import { type Established, type Hello, LANES_MAX, linkEpochOf } from '@peermesh/link';
import type { Overlay } from '@peermesh/overlay';
import type { EventQueue } from '../event-queue.ts';
import type { Wire } from './wires.ts';

/** What a node's connections need of their world. */
export interface SocketHost {
  readonly queue: EventQueue;
  /** A number that no connection has had. */
  nextConnection(): number;
  /** The node that listens at an address, or undefined. */
  listenerAt(address: string): string | undefined;
  transmit(from: string, to: string, message: Wire): void;
}

/** What hears of connections: an overlay, or a whole node. */
type Connected = Pick<Overlay, 'connected' | 'received' | 'disconnected' | 'dialFailed'>;

interface Socket {
  readonly peer: string;
  readonly lane: number;
}

interface PendingDial extends Socket {
  readonly address: string;
}

const DIAL_TIMEOUT_MS = 3_000;

/** The connections of one process: dials, accepts, loses them, and tells its overlay. All of it dies with the process. */
export class Sockets {
  readonly open = new Map<number, Socket>();
  readonly #self: string;
  readonly #host: SocketHost;
  readonly #hello: Omit<Hello, 'lane' | 'role'>;
  readonly #overlay: Connected;
  /** Runs something in the process's own time. */
  readonly #act: (work: (nowMs: number) => void) => void;
  readonly #pending = new Map<number, PendingDial>();
  readonly #seen = new Set<number>();

  constructor(
    self: string,
    host: SocketHost,
    hello: Omit<Hello, 'lane' | 'role'>,
    overlay: Connected,
    act: (work: (nowMs: number) => void) => void,
  ) {
    this.#self = self;
    this.#host = host;
    this.#hello = hello;
    this.#overlay = overlay;
    this.#act = act;
  }

  dial(address: string, lane: number): void {
    const peer = this.#host.listenerAt(address);
    const connection = this.#host.nextConnection();
    this.#pending.set(connection, { peer: peer ?? '', lane, address });
    const hello: Hello = { ...this.#hello, lane, role: 'initiator' };
    if (peer !== undefined) this.#host.transmit(this.#self, peer, { kind: 'dial', connection, lane, hello });
    this.#host.queue.after(DIAL_TIMEOUT_MS, () =>
      this.#act((nowMs) => {
        if (this.#pending.delete(connection)) this.#overlay.dialFailed(address, lane, nowMs);
      }),
    );
  }

  write(connection: number, bytes: Uint8Array): void {
    const socket = this.open.get(connection);
    if (socket === undefined) return;
    const { peer, lane } = socket;
    this.#host.transmit(this.#self, peer, { kind: 'data', connection, lane, bytes: bytes.slice() });
  }

  /** @param isTold whether the other side hears of it, or finds out by silence. */
  close(connection: number, isTold: boolean): void {
    const socket = this.open.get(connection);
    if (socket === undefined) return;
    this.open.delete(connection);
    if (isTold) this.#tellClosed(socket.peer, connection, socket.lane);
  }

  /** The socket broke under the process. */
  broke(connection: number, isTold: boolean, nowMs: number): void {
    if (!this.open.has(connection)) return;
    this.close(connection, isTold);
    this.#overlay.disconnected(connection, nowMs);
  }

  receive(from: string, message: Wire, nowMs: number): void {
    const { connection, lane } = message;
    switch (message.kind) {
      case 'dial':
        if (this.#seen.has(connection)) return;
        this.#open(from, connection, lane, message.hello, null, nowMs);
        this.#host.transmit(this.#self, from, {
          kind: 'accept',
          connection,
          lane,
          hello: { ...this.#hello, lane, role: 'responder' },
        });
        return;
      case 'accept': {
        const pending = this.#pending.get(connection);
        if (pending === undefined) {
          if (!this.open.has(connection)) this.#tellClosed(from, connection, lane);
          return;
        }
        this.#pending.delete(connection);
        this.#open(from, connection, lane, message.hello, pending.address, nowMs);
        return;
      }
      case 'data':
        // A message that the network doubles is one object: the overlay owns what it is given, so it gets a copy.
        if (this.open.has(connection)) this.#overlay.received(connection, message.bytes.slice(), nowMs);
        else if (!this.#pending.has(connection)) this.#tellClosed(from, connection, lane);
        return;
      case 'close':
        if (!this.open.delete(connection)) return;
        this.#overlay.disconnected(connection, nowMs);
    }
  }

  #open(peer: string, connection: number, lane: number, remote: Hello, address: string | null, nowMs: number): void {
    this.#seen.add(connection);
    this.open.set(connection, { peer, lane });
    const linkEpoch = linkEpochOf(this.#hello, remote);
    const established: Established = { remote, version: 1, features: 7, linkEpoch, transcript: NO_TRANSCRIPT };
    const info = { peer: Buffer.from(remote.nodeId).toString('base64url'), lane: lane % LANES_MAX, established };
    if (address === null) this.#overlay.connected(connection, { ...info, isDialled: false }, nowMs);
    else this.#overlay.connected(connection, { ...info, isDialled: true, address }, nowMs);
  }

  #tellClosed(peer: string, connection: number, lane: number): void {
    this.#host.transmit(this.#self, peer, { kind: 'close', connection, lane });
  }
}

const NO_TRANSCRIPT = new Uint8Array(32);
