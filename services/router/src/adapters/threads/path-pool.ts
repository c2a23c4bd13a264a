import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { routerErrors } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import type { Task, TaskResult, ThreadReply, ThreadRequest, TopologyUpdate } from './messages.ts';

/** Threads that compute paths, each with its own copy of every topology. */
export interface PathPool {
  /** Brings every thread up to date; tasks that are given later see it. */
  update(update: TopologyUpdate): void;
  /**
   * Computes in the thread with the least to do.
   * @throws PM_ROUTER_BUSY when too many tasks wait, PM_ROUTER_TIMED_OUT when it takes too long
   */
  run<T extends Task>(task: T): Promise<TaskResult<T>>;
  /** Tasks under way and waiting. */
  readonly load: number;
  /** Threads that died or were ended because of a task, since the start. */
  readonly replaced: number;
  close(): Promise<void>;
}

export interface PathPoolOptions {
  readonly threads: number;
  readonly queueMax: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

interface Job {
  readonly id: number;
  readonly task: Task;
  /** How many threads died over it. */
  deaths: number;
  settle(outcome: TaskResult | Error): void;
}

interface Thread {
  worker: Worker;
  current: Job | null;
}

/** A task is given to a second thread when the first one died, not to a third: it may be what kills them. */
const DEATHS_MAX = 2;

class Pool implements PathPool {
  readonly #options: PathPoolOptions;
  readonly #threads: Thread[] = [];
  readonly #waiting: Job[] = [];
  /** By mesh, what a new thread needs to know. */
  readonly #topologies = new Map<string, Map<number, TopologyUpdate['changed'][number]>>();
  readonly #revisions = new Map<string, number>();
  #nextId = 1;
  #isClosed = false;
  replaced = 0;

  constructor(options: PathPoolOptions) {
    this.#options = options;
  }

  get load(): number {
    return this.#waiting.length + this.#threads.filter(({ current }) => current !== null).length;
  }

  update(update: TopologyUpdate): void {
    const topology = this.#topologies.get(update.meshId) ?? new Map();
    this.#topologies.set(update.meshId, topology);
    this.#revisions.set(update.meshId, update.revision);
    for (const advertisement of update.changed) topology.set(advertisement.origin, advertisement);
    for (const origin of update.gone) topology.delete(origin);
    for (const { worker } of this.#threads) post(worker, { kind: 'update', update });
  }

  run<T extends Task>(task: T): Promise<TaskResult<T>> {
    if (this.#isClosed || this.#waiting.length >= this.#options.queueMax)
      return Promise.reject(routerErrors.busy({ retryAfterSeconds: 1 }));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const deadline = setTimeout(() => this.#onTimeout(id), this.#options.timeoutMs);
      const settle = (outcome: TaskResult | Error): void => {
        clearTimeout(deadline);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome as TaskResult<T>);
      };
      this.#waiting.push({ id, task, deaths: 0, settle });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const left = [...this.#waiting.splice(0), ...this.#threads.flatMap(({ current }) => current ?? [])];
    for (const job of left) job.settle(routerErrors.busy({ retryAfterSeconds: 1 }));
    for (const thread of this.#threads) thread.current = null;
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  /** Threads begin when there is something to compute: until then they would only take memory. */
  #dispatch(): void {
    const isAnyIdle = this.#threads.some(({ current }) => current === null);
    if (!isAnyIdle && this.#waiting.length > 0 && this.#threads.length < this.#options.threads)
      this.#threads.push(this.#begin({ worker: startThread(), current: null }));
    for (const thread of this.#threads) {
      if (thread.current !== null) continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      thread.current = job;
      post(thread.worker, { kind: 'task', id: job.id, task: job.task });
    }
  }

  #begin(thread: Thread): Thread {
    const { worker } = thread;
    for (const [meshId, topology] of this.#topologies) {
      const revision = this.#revisions.get(meshId) ?? 0;
      post(worker, { kind: 'update', update: { meshId, revision, changed: [...topology.values()], gone: [] } });
    }
    worker.on('message', (reply: ThreadReply) => {
      const job = thread.current;
      if (job?.id !== reply.id) return;
      thread.current = null;
      job.settle('error' in reply ? new Error(`a computation failed: ${reply.error}`) : reply.result);
      this.#dispatch();
    });
    // After the listener, which holds the process.
    worker.unref();
    worker.on('error', (error) => this.#options.logger.error({ err: error }, 'a path thread failed'));
    worker.on('exit', () => {
      if (!this.#isClosed && thread.worker === worker) this.#replace(thread);
    });
    return thread;
  }

  /** A new thread in place of one that is gone: it learns all topologies first, then gets what the old one was at. */
  #replace(thread: Thread): void {
    this.replaced += 1;
    const job = thread.current;
    thread.current = null;
    thread.worker = startThread();
    this.#begin(thread);
    if (job !== null) {
      job.deaths += 1;
      if (job.deaths < DEATHS_MAX) this.#waiting.unshift(job);
      else job.settle(new Error('a computation ended its thread twice'));
    }
    this.#dispatch();
  }

  #onTimeout(id: number): void {
    const waiting = this.#waiting.findIndex((job) => job.id === id);
    if (waiting >= 0) {
      this.#waiting.splice(waiting, 1)[0]?.settle(routerErrors.timedOut());
      return;
    }
    const thread = this.#threads.find(({ current }) => current?.id === id);
    if (thread === undefined) return;
    thread.current?.settle(routerErrors.timedOut());
    thread.current = null;
    // Nothing else stops a computation; its thread is replaced when it has ended.
    void thread.worker.terminate();
  }
}

function startThread(): Worker {
  // Compiled it is a .js file, in the source tree a .ts file.
  return new Worker(new URL(`./path-worker${extname(import.meta.url)}`, import.meta.url));
}

function post(worker: Worker, request: ThreadRequest): void {
  worker.postMessage(request);
}

/** Starts the threads. */
export function createPathPool(options: PathPoolOptions): PathPool {
  return new Pool(options);
}
