import { randomBytes } from 'node:crypto';
import { type Established, Handshake, WIRE_VERSIONS } from '@peermesh/link';
import { transcriptProof } from '../identity/index.ts';
import type { Channel, ChannelEvents } from './channel.ts';
import type { Connection, ConnectionTraffic, RefusalReason } from './port.ts';
import type { TransportSettings } from './settings.ts';

const NONCE_BYTES = 16;

/** What a session tells the hub that holds it. */
export interface SessionEvents {
  onEstablished(session: Session): void;
  onBatch(session: Session, bytes: Uint8Array): void;
  onEnded(session: Session, reason: string): void;
  onRefused(reason: RefusalReason): void;
}

/** One connection from its first message on: the handshake, then batches, and the watch over its health. */
export class Session implements Connection, ChannelEvents {
  readonly id: number;
  readonly lane: number;
  readonly isDialled: boolean;
  readonly remoteAddress: string;
  /** Of the attempt that this session belongs to; null when it was accepted. */
  readonly expectedPeer: string | null;
  peer = '';
  readonly traffic: ConnectionTraffic = { sentBatches: 0, sentBytes: 0, receivedBatches: 0, receivedBytes: 0 };
  readonly #channel: Channel;
  readonly #settings: TransportSettings;
  readonly #events: SessionEvents;
  readonly #handshake: Handshake;
  #established: Established | null = null;
  #endReason: string | null = null;
  #isEnded = false;
  #onSettled: (() => void) | null = null;
  #misses = 0;
  #takenBytes = 0;
  #stalledSinceMs = Number.POSITIVE_INFINITY;

  constructor(
    id: number,
    channel: Channel,
    expectedPeer: string | null,
    settings: TransportSettings,
    events: SessionEvents,
  ) {
    this.id = id;
    this.lane = channel.lane;
    this.isDialled = channel.isDialled;
    this.remoteAddress = channel.remoteAddress;
    this.expectedPeer = expectedPeer;
    this.#channel = channel;
    this.#settings = settings;
    this.#events = events;
    const { key, incarnation, link } = settings;
    const hello = {
      ...WIRE_VERSIONS,
      ...link,
      lane: channel.lane,
      role: channel.isDialled ? ('initiator' as const) : ('responder' as const),
      incarnation,
      nodeId: key.publicKey,
      nonce: new Uint8Array(randomBytes(NONCE_BYTES)),
    };
    this.#handshake = new Handshake(hello, transcriptProof(key), channel.binding);
  }

  get established(): Established {
    if (this.#established === null) throw new Error('the handshake is not over');
    return this.#established;
  }

  get isEstablished(): boolean {
    return this.#established !== null;
  }

  get bufferedBytes(): number {
    return this.#channel.bufferedBytes;
  }

  /** Calls back once, when the handshake is over or has failed. */
  whenSettled(callback: () => void): void {
    if (this.#established !== null || this.#isEnded) callback();
    else this.#onSettled = callback;
  }

  /** Says HELLO. */
  start(): void {
    this.#channel.send(this.#handshake.hello);
  }

  send(batch: Uint8Array): void {
    if (this.#endReason !== null || this.#established === null) return;
    this.traffic.sentBatches += 1;
    this.traffic.sentBytes += batch.length;
    this.#channel.send(batch);
    if (this.#channel.bufferedBytes > this.#settings.limits.bufferedBytesMax) this.refuse('slow_reader');
  }

  close(reason: string): void {
    if (this.#endReason !== null) return;
    this.#endReason = reason;
    this.#channel.end(reason);
  }

  refuse(reason: RefusalReason): void {
    if (this.#endReason !== null) return;
    this.#events.onRefused(reason);
    this.close(reason);
  }

  onMessage(bytes: Uint8Array): void {
    if (this.#endReason !== null) return;
    if (this.#established === null) return this.#shakeHands(bytes);
    this.traffic.receivedBatches += 1;
    this.traffic.receivedBytes += bytes.length;
    this.#events.onBatch(this, bytes);
  }

  onAlive(): void {
    this.#misses = 0;
  }

  onFault(reason: RefusalReason): void {
    this.refuse(reason);
  }

  onEnd(reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#endReason ??= reason;
    this.#onSettled?.();
    this.#events.onEnded(this, this.#endReason);
  }

  /** Once each heartbeat interval: the other side must answer, and must take what is buffered for it. */
  beat(nowMs: number): void {
    if (this.#established === null || this.#endReason !== null) return;
    const { heartbeatMisses, stallMs } = this.#settings.limits;
    const { takenBytes, bufferedBytes } = this.#channel;
    const isStalled = bufferedBytes > 0 && takenBytes === this.#takenBytes;
    this.#takenBytes = takenBytes;
    if (!isStalled || this.#stalledSinceMs === Number.POSITIVE_INFINITY) this.#stalledSinceMs = nowMs;
    if (nowMs - this.#stalledSinceMs >= stallMs) return this.refuse('slow_reader');
    if (this.#misses >= heartbeatMisses) return this.refuse('unhealthy');
    this.#misses += 1;
    this.#channel.heartbeat();
  }

  /** Ends the session when what it was let in with is revoked by now. */
  checkRevoked(): void {
    const { credential } = this.#channel;
    const nodeId = this.peer === '' ? credential?.nodeId : this.peer;
    if (nodeId !== undefined && this.#settings.isRevoked(nodeId, credential?.serialNumber ?? null))
      this.refuse('certificate_revoked');
  }

  #shakeHands(bytes: Uint8Array): void {
    const step = this.#handshake.receive(bytes);
    if (step.kind === 'send') this.#channel.send(step.bytes);
    else if (step.kind === 'refused') this.refuse(step.reason);
    else this.#establish(step.link);
  }

  #establish(link: Established): void {
    const peer = Buffer.from(link.remote.nodeId).toString('base64url');
    const shown = this.#channel.credential;
    if ((shown !== null && shown.nodeId !== peer) || (this.expectedPeer !== null && this.expectedPeer !== peer))
      return this.refuse('wrong_key');
    if (this.#settings.isRevoked(peer, shown?.serialNumber ?? null)) return this.refuse('certificate_revoked');
    this.peer = peer;
    this.#established = link;
    this.#channel.settled();
    this.#onSettled?.();
    this.#events.onEstablished(this);
  }
}
