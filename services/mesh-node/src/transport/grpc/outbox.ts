import type { PeerMessage } from '../../gen/peermesh/peerlink/v1/peerlink_pb.ts';

/** What a source has to say next: a message, null for nothing yet, `end` for nothing any more. */
export type NextMessage = PeerMessage | null | 'end';

type Waiting = (result: IteratorResult<PeerMessage>) => void;

/** One direction of a stream: asks its source for a message whenever the stream can take one. */
export class Outbox implements AsyncIterableIterator<PeerMessage> {
  readonly #source: () => NextMessage;
  #waiting: Waiting | null = null;
  #isEnded = false;

  constructor(source: () => NextMessage) {
    this.#source = source;
  }

  /** The source may have something. */
  wake(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const message = this.#take();
    if (message === null) return;
    this.#waiting = null;
    waiting(message);
  }

  /** Nothing more goes out. */
  end(): void {
    this.#isEnded = true;
    this.wake();
  }

  next(): Promise<IteratorResult<PeerMessage>> {
    const message = this.#take();
    if (message !== null) return Promise.resolve(message);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<PeerMessage>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(): Promise<IteratorResult<PeerMessage>> {
    return this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): IteratorResult<PeerMessage> | null {
    const message = this.#isEnded ? 'end' : this.#source();
    if (message === null) return null;
    return message === 'end' ? { done: true, value: undefined } : { done: false, value: message };
  }
}
