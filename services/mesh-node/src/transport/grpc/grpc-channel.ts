import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { BATCH_BYTES_MAX } from '@peermesh/link';
import { type PeerMessage, PeerMessageSchema } from '../../gen/peermesh/peerlink/v1/peerlink_pb.ts';
import type { Channel, ChannelEvents } from '../channel.ts';
import { reasonOfPeer } from '../session-hub.ts';
import type { TransportLimits } from '../settings.ts';
import type { PeerCredential } from '../socket/peer-credential.ts';
import { REFUSAL_HEADER } from './grpc-protocol.ts';
import { type NextMessage, Outbox } from './outbox.ts';
import { SendWindow } from './send-window.ts';

const UNACKED_BYTES_MAX = 4 * 1024 * 1024;
/** An acknowledgement goes out after so much, and with each heartbeat. */
const ACK_EVERY_BATCHES = 16;
const ACK_EVERY_BYTES = 256 * 1024;
const CLOSE_GRACE_MS = 1_000;
const WATCH_MS = 1_000;
/** So many times in a row nothing has come though batches are out: asked after the first, given up after the last. */
const SILENT_MAX = 3;

/** One stream of a channel: what it brings, and how to be rid of it. */
export interface PeerStream {
  readonly inbound: AsyncIterable<PeerMessage>;
  readonly remoteAddress: string;
  /** Cuts the connection under it. */
  destroy(): void;
}

export interface GrpcChannelOptions {
  readonly lane: number;
  readonly isDialled: boolean;
  readonly remoteAddress: string;
  readonly binding: Uint8Array;
  readonly credential: PeerCredential | null;
  readonly limits: TransportLimits;
  /** The handshake is over; what an accepting side calls its token for a later stream, else empty. */
  onSettled(): string;
  /** The stream is lost and may be replaced within the time; the dialling side sees to it. */
  onLost(token: string): void;
  onGone(): void;
}

/** A channel over one gRPC stream at a time. When the stream is lost it goes on over the next, with nothing lost or doubled. */
export class GrpcChannel implements Channel {
  readonly remoteAddress: string;
  readonly isDialled: boolean;
  readonly lane: number;
  readonly binding: Uint8Array;
  readonly credential: PeerCredential | null;
  readonly #options: GrpcChannelOptions;
  readonly #window = new SendWindow(UNACKED_BYTES_MAX);
  #control: PeerMessage[] = [];
  #events: ChannelEvents | null = null;
  #stream: PeerStream | null = null;
  #outbox: Outbox | null = null;
  #token = '';
  #isSettled = false;
  /** False on a stream that resumes until both sides have said what they have. */
  #isSynced = true;
  #isEnding = false;
  #isGone = false;
  #received = 0;
  #unackedReceived = 0;
  #unackedReceivedBytes = 0;
  #fullSinceMs = Number.POSITIVE_INFINITY;
  #giveUp: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #hasHeard = false;
  #silent = 0;

  constructor(options: GrpcChannelOptions) {
    this.#options = options;
    this.remoteAddress = options.remoteAddress;
    this.isDialled = options.isDialled;
    this.lane = options.lane;
    this.binding = options.binding;
    this.credential = options.credential;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get bufferedBytes(): number {
    return this.#window.waitingBytes;
  }

  get takenBytes(): number {
    return this.#window.ackedBytes;
  }

  /** Where messages go from here on. */
  bind(events: ChannelEvents): void {
    this.#events = events;
  }

  /** What goes out on the stream that is about to stand. */
  open(): Outbox {
    this.#outbox?.end();
    this.#outbox = new Outbox(() => this.#next());
    return this.#outbox;
  }

  /** Takes this stream, instead of another that is lost or about to be found so. */
  attach(stream: PeerStream): void {
    const before = this.#stream;
    this.#stream = stream;
    clearTimeout(this.#giveUp);
    before?.destroy();
    if (this.#isSettled) {
      this.#isSynced = false;
      this.#control = [];
      this.#window.rewind();
      this.#say({ case: 'resumption', value: this.#resumption(this.isDialled ? '' : this.#token) });
    }
    this.#watchSilence(stream);
    this.#read(stream).catch(() => this.#lost(stream, 'connection_lost'));
  }

  send(message: Uint8Array): void {
    if (!this.#isSettled) return this.#say({ case: 'handshake', value: message });
    this.#window.push(message);
    this.#outbox?.wake();
    this.#watchQueue();
  }

  heartbeat(): void {
    this.#acknowledge();
    this.#say({ case: 'heartbeat', value: { $typeName: 'peermesh.peerlink.v1.Heartbeat', isAnswer: false } });
  }

  settled(): void {
    this.#isSettled = true;
    this.#token = this.#options.onSettled();
    if (!this.isDialled) this.#say({ case: 'resumption', value: this.#resumption(this.#token) });
  }

  end(reason: string): void {
    if (this.#isGone || this.#isEnding) return;
    this.#isEnding = true;
    const isDeaf = reason === 'slow_reader' || reason === 'unhealthy';
    if (isDeaf || this.#stream === null) return this.#gone(reason);
    this.#say({ case: 'close', value: { $typeName: 'peermesh.peerlink.v1.Close', reason } });
    clearTimeout(this.#giveUp);
    this.#giveUp = setTimeout(() => this.#gone(reason), CLOSE_GRACE_MS);
  }

  /** There will be no further stream. */
  giveUp(reason: string): void {
    this.#gone(reason);
  }

  #next(): NextMessage {
    const message = this.#control.shift();
    if (message !== undefined) return message;
    const batch = this.#isSynced && !this.#isGone ? this.#window.next() : null;
    if (batch !== null) return create(PeerMessageSchema, { content: { case: 'batch', value: batch } });
    return this.#isEnding || this.#isGone ? 'end' : null;
  }

  #say(content: PeerMessage['content']): void {
    this.#control.push(create(PeerMessageSchema, { content }));
    this.#outbox?.wake();
  }

  /** Up to so many batches wait; when more do for too long the other side is too slow for its traffic. */
  #watchQueue(): void {
    const { sendQueueMax, sendTimeoutMs } = this.#options.limits;
    if (this.#window.waiting <= sendQueueMax) this.#fullSinceMs = Number.POSITIVE_INFINITY;
    else if (this.#fullSinceMs === Number.POSITIVE_INFINITY) this.#fullSinceMs = performance.now();
    else if (performance.now() - this.#fullSinceMs > sendTimeoutMs) this.#events?.onFault('slow_reader');
  }

  /**
   * HTTP/2 of Node does not always say that the TLS connection under it is gone: it reads nothing while it writes. So the
   * dialling side, which can open another stream, goes by what arrives.
   */
  #watchSilence(stream: PeerStream): void {
    clearInterval(this.#watch);
    if (!this.isDialled) return;
    this.#silent = 0;
    this.#watch = setInterval(() => {
      this.#silent = this.#hasHeard || this.#window.isEmpty ? 0 : this.#silent + 1;
      this.#hasHeard = false;
      if (this.#silent === 1) this.heartbeat();
      else if (this.#silent >= SILENT_MAX) this.#lost(stream, 'connection_lost');
    }, WATCH_MS);
    this.#watch.unref();
  }

  async #read(stream: PeerStream): Promise<void> {
    try {
      for await (const message of stream.inbound) {
        if (this.#stream !== stream || this.#isGone) return;
        this.#hasHeard = true;
        this.#receive(message);
      }
      this.#lost(stream, 'connection_lost');
    } catch (cause) {
      const error = ConnectError.from(cause);
      if (this.#stream !== stream) return;
      if (error.code === Code.ResourceExhausted) this.#events?.onFault('oversize');
      else if (error.code === Code.InvalidArgument) this.#events?.onFault('bad_protocol');
      else if (error.code === Code.Unauthenticated) this.#gone(reasonOfPeer(error.metadata.get(REFUSAL_HEADER) ?? ''));
      else this.#lost(stream, 'connection_lost');
    }
  }

  #receive({ content }: PeerMessage): void {
    const events = this.#events!;
    if (content.case === 'handshake' && !this.#isSettled) events.onMessage(content.value);
    else if (content.case === 'batch' && this.#isSettled && this.#isSynced) this.#onBatch(content.value, events);
    else if (content.case === 'ack' && this.#window.acknowledge(content.value.cumulative)) this.#outbox?.wake();
    else if (content.case === 'heartbeat') this.#onHeartbeat(content.value.isAnswer, events);
    else if (content.case === 'resumption' && this.#isSettled) this.#onResumption(content.value, events);
    else if (content.case === 'close') this.#gone(reasonOfPeer(content.value.reason));
    else if (content.case !== undefined) events.onFault('bad_protocol');
  }

  #onBatch(bytes: Uint8Array, events: ChannelEvents): void {
    if (bytes.length > BATCH_BYTES_MAX) return events.onFault('oversize');
    this.#received += 1;
    this.#unackedReceived += 1;
    this.#unackedReceivedBytes += bytes.length;
    events.onMessage(bytes);
    if (this.#unackedReceived >= ACK_EVERY_BATCHES || this.#unackedReceivedBytes >= ACK_EVERY_BYTES)
      this.#acknowledge();
  }

  #onHeartbeat(isAnswer: boolean, events: ChannelEvents): void {
    if (isAnswer) return events.onAlive();
    this.#acknowledge();
    this.#say({ case: 'heartbeat', value: { $typeName: 'peermesh.peerlink.v1.Heartbeat', isAnswer: true } });
  }

  #onResumption({ token, cumulativeAck }: { token: string; cumulativeAck: bigint }, events: ChannelEvents): void {
    if (!this.#window.acknowledge(cumulativeAck)) return events.onFault('bad_protocol');
    if (this.isDialled) this.#token = token;
    this.#isSynced = true;
    events.onAlive();
    this.#outbox?.wake();
  }

  #acknowledge(): void {
    if (this.#unackedReceived === 0) return;
    this.#unackedReceived = 0;
    this.#unackedReceivedBytes = 0;
    this.#say({ case: 'ack', value: { $typeName: 'peermesh.peerlink.v1.Ack', cumulative: BigInt(this.#received) } });
  }

  #resumption(token: string): Extract<PeerMessage['content'], { case: 'resumption' }>['value'] {
    const cumulativeAck = BigInt(this.#received);
    return { $typeName: 'peermesh.peerlink.v1.Resumption', token, cumulativeAck };
  }

  #lost(stream: PeerStream, reason: string): void {
    if (this.#stream !== stream || this.#isGone) return;
    this.#stream = null;
    clearInterval(this.#watch);
    this.#outbox?.end();
    stream.destroy();
    if (!this.#isSettled || this.#token === '' || this.#isEnding) return this.#gone(reason);
    this.#giveUp = setTimeout(() => this.#gone(reason), this.#options.limits.resumeMs);
    this.#options.onLost(this.#token);
  }

  #gone(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#giveUp);
    clearInterval(this.#watch);
    this.#options.onGone();
    this.#outbox?.end();
    this.#stream?.destroy();
    setImmediate(() => this.#events?.onEnd(reason));
  }
}
