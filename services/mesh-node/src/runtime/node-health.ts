import type { Logger } from '@peermesh/telemetry';
import type { Volume } from '../store/index.ts';

const LOOK_MS = 2_000;

/**
 * Whether a node can do its work. A disk that takes nothing more leaves a forwarder, which cannot trust that disk again in
 * this life: where the disk was full and has space again the node ends, so that its supervisor starts it anew.
 */
export class NodeHealth {
  /** Kept, with the reason, when the node must be started anew. */
  readonly ended: Promise<Error>;
  readonly #volume: Volume;
  readonly #logger: Logger;
  readonly #end: (reason: Error) => void;
  #core: unknown = null;
  #record: unknown = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(volume: Volume, logger: Logger) {
    this.#volume = volume;
    this.#logger = logger;
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.ended = promise;
    this.#end = resolve;
    void volume.failed.then((error) => this.storageFailed(error));
  }

  /** Whether this node stores nothing more. */
  get hasStorageFailed(): boolean {
    return this.#record !== null || this.#volume.failure !== null;
  }

  /** @throws Error that says what this node cannot do */
  check(): void {
    if (this.#core !== null) throw new Error('the mesh cannot go on', { cause: this.#core });
    if (this.hasStorageFailed) throw new Error('the disk failed', { cause: this.#record ?? this.#volume.failure });
  }

  /** A write failed, or what is on the disk cannot be read. Told once, whoever noticed. */
  storageFailed(error: unknown): void {
    if (this.#record !== null) return;
    this.#record = error;
    // A limit on the size of files fails like a full disk, and more space would not end it.
    const isFull = this.#volume.failure?.fault === 'full' && !this.#volume.hasSpace();
    this.#logger.fatal(
      { err: error, isFull },
      'the disk failed: this node forwards, stores nothing and decides nothing any more',
    );
    if (isFull) this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** The protocols cannot go on. */
  coreFailed(error: unknown): void {
    this.#core = error;
    this.#logger.fatal({ err: error }, 'the mesh cannot go on');
    this.#end(new Error('the mesh cannot go on', { cause: error }));
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  #look(): void {
    if (!this.#volume.hasSpace()) return;
    this.stop();
    this.#end(new Error('the disk has space again: this node has to be started anew'));
  }
}
