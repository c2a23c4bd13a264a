import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

const STDOUT = 1;
/** Lines that wait for a slow reader; more are lost. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const RETRY_MS = 100;
const LAST_TRIES = 20;

/** Lines on their way. */
interface Chunk {
  readonly bytes: Uint8Array;
  /** How many lines are lost with it, those included that it tells of. */
  readonly lines: number;
}

/** How bytes get out; as `write` and `writeSync` of `node:fs`. */
export interface OutputPort {
  write(bytes: Uint8Array, done: (error: NodeJS.ErrnoException | null, written: number) => void): void;
  writeSync(bytes: Uint8Array): number;
}

/**
 * Where log lines go: standard output, in their order, one write under way. What cannot be written, as on a full disk, is
 * lost, and counted in a line of its own when something can be written again: no service fails or waits for its log. (pino's
 * own destination ends the process on such an error, and waits for ever in `fatal` and at the exit.)
 */
export class StandardOutput implements DestinationStream {
  readonly #port: OutputPort;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #isGone = false;
  #lost = 0;
  #reason = '';

  constructor(port: OutputPort = STANDARD) {
    this.#port = port;
  }

  write(line: string): void {
    if (this.#isGone) return;
    if (this.#waitingBytes + line.length > WAITING_BYTES_MAX) {
      this.#lose(1, 'the reader is slow');
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (!this.#isWriting) this.#begin();
  }

  /** Writes what waits; for the last lines of a process. */
  flushSync(): void {
    const chunk = this.#take();
    let { bytes } = chunk;
    for (let tries = 0; bytes.length > 0; )
      try {
        bytes = bytes.subarray(this.#port.writeSync(bytes));
      } catch (error) {
        tries += 1;
        if (!isBusy(error) || tries === LAST_TRIES) return this.#fail(error, chunk);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      }
  }

  #begin(): void {
    this.#isWriting = true;
    const chunk = this.#take();
    this.#go(chunk, chunk.bytes);
  }

  #go(chunk: Chunk, bytes: Uint8Array): void {
    this.#port.write(bytes, (error, written) => {
      if (error !== null && isBusy(error)) {
        setTimeout(() => this.#go(chunk, bytes), RETRY_MS);
        return;
      }
      if (error === null && written < bytes.length) return this.#go(chunk, bytes.subarray(written));
      if (error !== null) this.#fail(error, chunk);
      this.#isWriting = false;
      if (this.#waiting.length > 0 && !this.#isGone) this.#begin();
    });
  }

  #take(): Chunk {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    const confessed = lines.length === 0 ? 0 : this.#lost;
    this.#lost -= confessed;
    const text = confessed === 0 ? lines : [this.#confession(confessed), ...lines];
    return { bytes: Buffer.from(text.join('')), lines: lines.length + confessed };
  }

  /** Begins with the end of a line, as the last one that was written may have been cut short. */
  #confession(lost: number): string {
    const line = { level: 'warn', time: new Date().toISOString(), lost, reason: this.#reason };
    return `\n${JSON.stringify({ ...line, msg: 'lines of this log could not be written' })}\n`;
  }

  #fail(error: unknown, { lines }: Chunk): void {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') this.#isGone = true;
    this.#lose(lines, code ?? String(error));
  }

  #lose(lines: number, reason: string): void {
    this.#lost += lines;
    this.#reason = reason;
  }
}

const STANDARD: OutputPort = {
  write: (bytes, done) => write(STDOUT, bytes, done),
  writeSync: (bytes) => writeSync(STDOUT, bytes),
};

function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAGAIN' || code === 'EBUSY';
}

let standardOutput: StandardOutput | null = null;

/** The one of this process; its last lines are written when the process exits. */
export function processOutput(): StandardOutput {
  if (standardOutput !== null) return standardOutput;
  const output = new StandardOutput();
  standardOutput = output;
  process.on('exit', () => output.flushSync());
  return output;
}
