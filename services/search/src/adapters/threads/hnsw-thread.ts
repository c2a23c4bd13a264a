import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { NeighbourGraph, NeighbourGraphs, Proposals } from '../../domain/vector/neighbour-graph.ts';
import type { HnswReply, HnswRequest } from './hnsw-messages.ts';

/** A turn takes a few milliseconds. */
const END_MS = 5_000;
const MEMORY = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 };

interface Held {
  readonly onLinked: (linked: number) => void;
  readonly onLost: () => void;
}

interface Call {
  readonly resolve: (proposals: Proposals) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The graphs of a service, in one thread of their own: linking a vector takes a tenth of a millisecond and a search of a large
 * graph several, and neither holds up requests there. The thread begins with the first graph. When it ends by itself every graph
 * is lost, and the next one begins another thread.
 */
export class HnswThread implements NeighbourGraphs {
  #worker: Worker | null = null;
  readonly #graphs = new Map<number, Held>();
  readonly #calls = new Map<number, Call>();
  #lastGraph = 0;
  #lastCall = 0;
  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure told of the error that has ended the thread */
  constructor(onFailure: (error: unknown) => void = () => undefined) {
    this.#onFailure = onFailure;
  }

  open(dims: number, onLost: () => void): NeighbourGraph {
    const worker = this.#running();
    const graph = ++this.#lastGraph;
    const say = (request: HnswRequest): void => {
      if (this.#worker === worker) worker.postMessage(request);
    };
    let linked = 0;
    let chunksSaid = 0;
    this.#graphs.set(graph, { onLost, onLinked: (count) => (linked = count) });
    say({ kind: 'open', graph, dims });
    return {
      get linked() {
        return linked;
      },
      grow: (chunks, size) => {
        for (; chunksSaid < chunks.length; chunksSaid += 1)
          say({ kind: 'chunk', graph, rows: chunks[chunksSaid] as Float32Array });
        say({ kind: 'grow', graph, size });
      },
      remove: (ordinal) => say({ kind: 'remove', graph, ordinal }),
      search: (vector, count, size) => {
        if (this.#worker !== worker) return Promise.reject(new Error('the vector graph is lost'));
        return this.#call((call) => say({ kind: 'search', graph, call, vector, count, size }));
      },
      close: () => {
        this.#graphs.delete(graph);
        say({ kind: 'close', graph });
      },
    };
  }

  /** Lets the thread finish its turn and ends it; graphs that are open are lost. */
  async end(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    worker.ref();
    const isOver = once(worker, 'exit');
    worker.postMessage({ kind: 'end' } satisfies HnswRequest);
    const impatience = setTimeout(() => void worker.terminate(), END_MS);
    await isOver;
    clearTimeout(impatience);
  }

  /** While a search waits for the thread, the process stays. */
  #call(ask: (call: number) => void): Promise<Proposals> {
    return new Promise((resolve, reject) => {
      const call = ++this.#lastCall;
      if (this.#calls.size === 0) this.#worker?.ref();
      this.#calls.set(call, { resolve, reject });
      ask(call);
    });
  }

  #running(): Worker {
    if (this.#worker !== null) return this.#worker;
    // Compiled it is a .js file, in the source tree a .ts file.
    const file = new URL(`./hnsw-worker${extname(import.meta.url)}`, import.meta.url);
    const worker = new Worker(file, { name: 'hnsw', resourceLimits: MEMORY });
    worker.on('message', (reply: HnswReply) => this.#onReply(reply));
    // After the listener, which holds the process.
    worker.unref();
    worker.on('error', this.#onFailure);
    worker.on('exit', () => this.#onEnd(worker));
    this.#worker = worker;
    return worker;
  }

  #onReply(reply: HnswReply): void {
    if (reply.kind === 'linked') {
      this.#graphs.get(reply.graph)?.onLinked(reply.linked);
      return;
    }
    const call = this.#calls.get(reply.call);
    this.#calls.delete(reply.call);
    if (this.#calls.size === 0) this.#worker?.unref();
    if (reply.kind === 'failed') call?.reject(new Error(reply.message));
    else call?.resolve(reply);
  }

  #onEnd(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const lost = [...this.#graphs.values()];
    const calls = [...this.#calls.values()];
    this.#graphs.clear();
    this.#calls.clear();
    for (const { reject } of calls) reject(new Error('the vector graph is lost'));
    for (const { onLost } of lost) onLost();
  }
}
