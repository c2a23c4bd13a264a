import type { Socket } from 'node:net';

/** One connection through a {@link LinkSwitch}: two sockets, and what becomes of the bytes between them in each direction. */
export class Cable {
  readonly from: string;
  readonly to: string;
  /** Bytes that have passed, in both directions together. */
  passedBytes = 0;
  readonly #forth: Wire;
  readonly #back: Wire;
  readonly #onGone: () => void;

  /** @param from the node that dialled; `to` the one that was */
  constructor(
    ends: { readonly from: string; readonly to: string },
    sockets: { readonly incoming: Socket; readonly outgoing: Socket },
    onGone: () => void,
  ) {
    this.from = ends.from;
    this.to = ends.to;
    this.#onGone = onGone;
    const onPassed = (bytes: number): void => void (this.passedBytes += bytes);
    const onEnd = (): void => this.#ended();
    this.#forth = new Wire(sockets.incoming, sockets.outgoing, onPassed, onEnd);
    this.#back = new Wire(sockets.outgoing, sockets.incoming, onPassed, onEnd);
  }

  /** Says whether bytes of one of the two nodes arrive at the other. */
  setSilent(speaker: string, isSilent: boolean): void {
    if (speaker === this.from) this.#forth.setSilent(isSilent);
    if (speaker === this.to) this.#back.setSilent(isSilent);
    this.#ended();
  }

  setDelay(delayMs: number): void {
    this.#forth.delayMs = delayMs;
    this.#back.delayMs = delayMs;
  }

  /** Ends the connection at both ends at once. */
  reset(): void {
    this.#forth.end();
    this.#back.end();
    this.#onGone();
  }

  /** An end that closed is heard of at the other end, unless nothing is heard of it at all. */
  #ended(): void {
    const isHeard = [this.#forth, this.#back].some((wire) => wire.isOver && !wire.isSilent);
    if (isHeard) this.reset();
  }
}

/** One direction of a cable. While it is silent nobody reads its bytes: they wait in the kernel, as behind a lost packet. */
class Wire {
  isOver = false;
  isSilent = false;
  delayMs = 0;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #late: { readonly chunk: Buffer; readonly atMs: number }[] = [];

  constructor(source: Socket, sink: Socket, onPassed: (bytes: number) => void, onEnd: () => void) {
    this.#source = source;
    this.#sink = sink;
    source.on('data', (chunk: Buffer) => {
      onPassed(chunk.length);
      if (this.delayMs === 0 && this.#late.length === 0) this.#pass(chunk);
      else this.#hold(chunk);
    });
    source.on('error', () => undefined);
    source.on('close', () => {
      this.isOver = true;
      onEnd();
    });
    sink.on('drain', () => {
      if (!this.isSilent) source.resume();
    });
  }

  setSilent(isSilent: boolean): void {
    this.isSilent = isSilent;
    if (isSilent) this.#source.pause();
    else this.#source.resume();
  }

  end(): void {
    this.#source.resetAndDestroy();
  }

  #hold(chunk: Buffer): void {
    this.#late.push({ chunk, atMs: performance.now() + this.delayMs });
    if (this.#late.length === 1) this.#arm();
  }

  /** Whatever the delay is by now, bytes of a connection stay in order. */
  #arm(): void {
    const [first] = this.#late;
    if (first === undefined) return;
    setTimeout(
      () => {
        this.#late.shift();
        this.#pass(first.chunk);
        this.#arm();
      },
      Math.max(0, first.atMs - performance.now()),
    );
  }

  #pass(chunk: Buffer): void {
    if (this.#sink.destroyed) return;
    if (!this.#sink.write(chunk)) this.#source.pause();
  }
}
