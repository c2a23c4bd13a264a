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
    return Math.max(0, this.#queue.nowMs - Math.max(this.#pausedUntilMs, this.#busyUntilMs));
  }

  /** Runs `work` on the process that runs now, when it has time; never when it has ended by then. */
  run(work: (replica: Replica) => void): void {
    const { generation } = this;
    const atMs = Math.max(this.#pausedUntilMs, this.#busyUntilMs);
    const now = (): void => {
      if (generation !== this.generation || this.replica === null) return;
      // Another pause has begun before the one that this waited for was over.
      if (this.isPaused) this.#queue.at(this.#pausedUntilMs, now);
      else work(this.replica);
    };
    if (this.#slowMs > 0) this.#busyUntilMs = Math.max(this.#queue.nowMs, this.#busyUntilMs) + this.#slowMs;
    if (atMs <= this.#queue.nowMs) now();
    else this.#queue.at(atMs, now);
  }
}
