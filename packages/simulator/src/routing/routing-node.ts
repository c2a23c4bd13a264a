import { DEFAULT_ROUTING, ForwardingTable, NodeFlag, Router, type RouterReady } from '@peermesh/routing';
import type { EventQueue, ScheduledEvent } from '../event-queue.ts';
import type { RoutingOracle } from './routing-oracle.ts';
import type { SignatureBook } from './test-signer.ts';

export interface RoutingNodeOptions {
  readonly id: number;
  readonly queue: EventQueue;
  readonly book: SignatureBook;
  readonly oracle: RoutingOracle;
  readonly random: () => number;
  readonly send: (from: number, to: number, bytes: Uint8Array) => void;
}

interface Process {
  readonly router: Router;
  readonly table: ForwardingTable;
  readonly startedAtMs: number;
}

/** One machine: a router process that comes and goes, its boot epoch on disk, its view of the membership. */
export class RoutingNode {
  readonly id: number;
  readonly name: string;
  /** What this node knows of the membership: every node learns of changes at its own time. */
  readonly members = new Set<number>();
  readonly #options: RoutingNodeOptions;
  readonly #waiting: (() => void)[] = [];
  #wake: ScheduledEvent | undefined;
  #process: Process | undefined;
  #pausedUntilMs = 0;
  flags: number = NodeFlag.RELAY;
  bootEpoch = 0;
  /** Counts starts: a link of an earlier start is not a link of this one. */
  generation = 0;

  constructor(options: RoutingNodeOptions) {
    this.id = options.id;
    this.name = `n${options.id}`;
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#process !== undefined;
  }

  get isPaused(): boolean {
    return this.#options.queue.nowMs < this.#pausedUntilMs;
  }

  get router(): Router | undefined {
    return this.#process?.router;
  }

  get table(): ForwardingTable | undefined {
    return this.#process?.table;
  }

  start(): void {
    if (this.#process) return;
    const { queue, book, oracle, random } = this.#options;
    this.bootEpoch += 1;
    this.generation += 1;
    const identity = { self: this.id, bootEpoch: this.bootEpoch, region: 0, tenant: 0, flags: this.flags };
    const members = { isMember: (id: number): boolean => this.members.has(id) };
    const ports = { signer: book.signerFor(this.id), members, random };
    const router = new Router(queue.nowMs, identity, DEFAULT_ROUTING, ports);
    this.#process = { router, table: new ForwardingTable(), startedAtMs: queue.nowMs };
    oracle.started(this.id);
    this.act(() => {});
  }

  stop(): void {
    this.#process = undefined;
    this.#wake?.cancel();
    this.#waiting.length = 0;
  }

  pause(milliseconds: number): void {
    const untilMs = this.#options.queue.nowMs + milliseconds;
    if (untilMs <= this.#pausedUntilMs) return;
    this.#pausedUntilMs = untilMs;
    this.#options.queue.at(untilMs, () => {
      if (!this.isPaused) this.act(() => {});
    });
  }

  /** Does something with the router, now or when the process runs again. */
  act(work: (router: Router) => void): void {
    const process = this.#process;
    if (!process) return;
    this.#waiting.push(() => work(process.router));
    if (this.isPaused) return;
    for (const waiting of this.#waiting.splice(0)) waiting();
    this.#service(process);
  }

  #service(process: Process): void {
    const { queue, oracle } = this.#options;
    process.router.tick(queue.nowMs);
    const ready = process.router.takeReady();
    this.#carryOut(process, ready);
    oracle.served(this, process.router, ready, queue.nowMs - process.startedAtMs);
    this.#wake?.cancel();
    const wakeAtMs = Math.max(process.router.wakeAtMs, queue.nowMs);
    if (!Number.isFinite(wakeAtMs)) return;
    this.#wake = queue.at(wakeAtMs, () => {
      if (this.#process === process && !this.isPaused) this.#service(process);
    });
  }

  #carryOut({ table }: Process, { forwarding, messages, events }: RouterReady): void {
    for (const change of forwarding) table.apply(change);
    for (const { to, bytes } of messages) this.#options.send(this.id, to, bytes);
    for (const event of events)
      if (event.kind === 'overtaken') this.bootEpoch = Math.max(this.bootEpoch, event.version.epoch);
  }
}
