import { type Principal, principalsOf } from '@peermesh/authz';
import type { RealtimeTopic } from '@peermesh/contracts/gateway';
import type { RealtimeEntry } from './entry.ts';
import { formatPosition, type Position } from './position.ts';

/** Why a client has to read its state anew. */
export type ResyncReason = 'expired' | 'unknown' | 'slow' | 'unavailable';

/** How a connection reaches its client. */
export interface RealtimeTransport {
  readonly kind: 'websocket' | 'sse';
  send(entry: RealtimeEntry): void;
  sendResync(id: string, reason: ResyncReason): void;
  sendHeartbeat(id: string): void;
  sendGoodbye(reason: string, reconnectAfterMs: number): void;
  /** Bytes that the client has not taken yet. */
  readonly bufferedBytes: number;
  /** Whether the client has shown life since the last heartbeat. */
  readonly isResponsive: boolean;
  close(code: number, reason: string): void;
  /** Drops the connection without a word. */
  terminate(): void;
}

/** Who is connected, what they listen to, and how far they have come. */
export class RealtimeConnection {
  readonly id: string;
  readonly principal: Principal;
  readonly address: string;
  readonly transport: RealtimeTransport;
  readonly topics = new Set<RealtimeTopic>();
  readonly principals: ReadonlySet<string>;
  /** The last event of each stream that was sent or was none of this connection's. */
  readonly position: Position;
  /** Number of the next ring entry while behind; null while live. */
  cursor: number | null = null;
  /** Older events are being read from the stream; nothing else is sent meanwhile. */
  isReplaying = false;
  behindSinceMs = 0;
  nextHeartbeatMs = 0;
  isClosed = false;

  constructor(options: {
    readonly id: string;
    readonly principal: Principal;
    readonly address: string;
    readonly transport: RealtimeTransport;
    readonly position: Readonly<Position>;
  }) {
    this.id = options.id;
    this.principal = options.principal;
    this.address = options.address;
    this.transport = options.transport;
    this.position = { ...options.position };
    this.principals = new Set(principalsOf(options.principal));
  }

  /** The resume token of this connection. */
  get token(): string {
    return formatPosition(this.position);
  }

  /** Whether the entry is for this connection and new to it. */
  wants(entry: RealtimeEntry): boolean {
    return (
      entry.sequence > this.position[entry.stream] &&
      entry.tenantId === this.principal.tenantId &&
      this.topics.has(entry.topic) &&
      this.mayRead(entry)
    );
  }

  mayRead(entry: RealtimeEntry): boolean {
    if (entry.userId !== null) return entry.userId === this.principal.subject;
    for (const name of entry.acl) if (this.principals.has(name)) return true;
    return false;
  }

  send(entry: RealtimeEntry): void {
    this.transport.send(entry);
    this.position[entry.stream] = entry.sequence;
  }

  moveTo(position: Readonly<Position>): void {
    this.position.p = Math.max(this.position.p, position.p);
    this.position.s = Math.max(this.position.s, position.s);
  }
}
