import { EventQueue } from './event-queue.ts';
import type { ProcessHost, StopStyle } from './nemesis/fault.ts';
import type { LinkRule } from './network/link-rule.ts';
import type { SimNetwork } from './network/network.ts';
import type { ProcessTurns } from './process-turns.ts';
import { TraceRing } from './trace.ts';

/** A process on a machine of a simulated world; it comes and goes. */
interface SimProcess {
  readonly name: string;
  readonly isUp: boolean;
  start(): void;
}

/** Processes by name, the network between them, and what faults do to them: the frame of a world. */
export abstract class ProcessWorld<Process extends SimProcess, Message> implements ProcessHost {
  readonly queue = new EventQueue();
  readonly trace = new TraceRing();
  abstract readonly network: SimNetwork<Message>;
  readonly #processes = new Map<string, Process>();

  all(): Process[] {
    return [...this.#processes.values()];
  }

  nodes(): readonly string[] {
    return [...this.#processes.keys()];
  }

  /** @throws RangeError for a name that nobody has */
  node(name: string): Process {
    const process = this.#processes.get(name);
    if (process === undefined) throw new RangeError(`there is no node ${name}`);
    return process;
  }

  focus(): readonly string[] {
    return [];
  }

  addRule(rule: LinkRule): () => void {
    return this.network.addRule(rule);
  }

  isUp(name: string): boolean {
    return this.node(name).isUp;
  }

  start(name: string): void {
    if (this.isUp(name)) return;
    this.note(name, 'start', '');
    this.node(name).start();
  }

  stop(name: string, style: StopStyle): void {
    this.note(name, 'stop', style);
    this.end(this.node(name), style);
  }

  abstract pause(name: string, milliseconds: number): void;

  abstract slow(name: string, millisecondsPerEvent: number): void;

  note(name: string, event: string, detail: unknown): void {
    this.trace.add(this.queue.nowMs, name, event, detail);
  }

  /** Lets time pass until faults end, then starts whoever is down and checks what must be true in the calm; not before `untilMs`. */
  runUntilHealed(healMs: number, untilMs: number, calm: () => void): void {
    this.queue.runUntil(Math.min(untilMs, healMs));
    if (untilMs <= healMs) return;
    for (const name of this.nodes()) this.start(name);
    calm();
  }

  protected add(process: Process): void {
    this.#processes.set(process.name, process);
  }

  /** A process ends. */
  protected abstract end(process: Process, style: StopStyle): void;
}

/** The same, of processes whose event loops are {@link ProcessTurns}. */
export abstract class TurnWorld<
  Process extends SimProcess & { readonly turns: Pick<ProcessTurns<never>, 'costMs' | 'pause'> },
  Message,
> extends ProcessWorld<Process, Message> {
  pause(name: string, milliseconds: number): void {
    this.note(name, 'pause', `${milliseconds.toFixed(0)} ms`);
    this.node(name).turns.pause(milliseconds);
  }

  slow(name: string, millisecondsPerEvent: number): void {
    this.node(name).turns.costMs = millisecondsPerEvent;
  }
}
