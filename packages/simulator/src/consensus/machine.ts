import { SimDisk } from '../disk/disk.ts';
import type { EventQueue } from '../event-queue.ts';
import { NodeClock } from '../node-clock.ts';
import type { SeededRandom } from '../random.ts';
import type { Replica } from './replica.ts';

/** One computer: a disk and a clock, and a process while it runs. Its replica's id changes when its disk is replaced. */
export class Machine {
  readonly name: string;
  readonly isWitness: boolean;
  readonly disk: SimDisk;
  readonly clock: NodeClock;
  readonly #queue: EventQueue;
  replicaId: number;
  replica: Replica | null = null;
  isDamaged = false;
  /** Counts starts; what an earlier process scheduled does not happen. */
  generation = 0;
  /** Starts that the rest of the mesh has seen of this replica. */
  bootsSeen = 0;
  #pausedUntilMs = 0;
  #busyUntilMs = 0;
  #slowMs = 0;
  /** What waits for the process to have time, in the order in which it came. */
  readonly #backlog: { readonly generation: number; readonly work: (replica: Replica) => void }[] = [];

  constructor(name: string, replicaId: number, isWitness: boolean, queue: EventQueue, random: SeededRandom) {
    this.name = name;
    this.replicaId = replicaId;
    this.isWitness = isWitness;
    this.#queue = queue;
    this.disk = new SimDisk(queue, random.fork(`disk ${name}`));
    this.clock = new NodeClock(queue);
  }

  pause(milliseconds: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#queue.nowMs + milliseconds);
  }

  slow(millisecondsPerEvent: number): void {
    this.#slowMs = millisecondsPerEvent;
  }

  get isPaused(): boolean {
    return this.#pausedUntilMs > this.#queue.nowMs;
  }

  /** Milliseconds since the last pause ended, and since a slow processor has worked off what had piled up. */
  get awakeMs(): number {
    return this.#backlog.length > 0 ? 0 : Math.max(0, this.#queue.nowMs - this.#freeAtMs);
  }

  /** Runs `work` on the process that runs now, when it has time; never when it has ended by then. */
  run(work: (replica: Replica) => void): void {
    this.#backlog.push({ generation: this.generation, work });
    if (this.#backlog.length === 1) this.#workOff();
  }

  get #freeAtMs(): number {
    return Math.max(this.#pausedUntilMs, this.#busyUntilMs);
  }

  /** How slow the processor is shows when it gets to something: a backlog is worked off at once when it is fast again. */
  #workOff(): void {
    for (let [next] = this.#backlog; next !== undefined; [next] = this.#backlog) {
      if (this.#freeAtMs > this.#queue.nowMs) {
        this.#queue.at(this.#freeAtMs, () => this.#workOff());
        return;
      }
      if (next.generation === this.generation && this.replica !== null) {
        if (this.#slowMs > 0) this.#busyUntilMs = this.#queue.nowMs + this.#slowMs;
        next.work(this.replica);
      }
      this.#backlog.shift();
    }
  }
}
