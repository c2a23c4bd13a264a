import { ControlPlane, DEFAULT_PLANE, type PlaneReady } from '@peermesh/replication';
import type { EventQueue } from '../event-queue.ts';
import { ProcessTurns } from '../process-turns.ts';
import type { SeededRandom } from '../random.ts';
import { ControlDisk } from './control-disk.ts';

/** What a machine needs of its world. */
export interface ControlMachineHost {
  readonly queue: EventQueue;
  readonly writeMs: number;
  readonly snapshotBytes: number;
  onReady(machine: ControlMachine, plane: ControlPlane, ready: PlaneReady): void;
}

const HOUR_MS = 3_600_000;
const WALL_MS = 1_700_000_000_000;

/** One machine: a disk, a process that comes and goes, and the short id under which it is a member; 0 when it is none. */
export class ControlMachine {
  readonly name: string;
  readonly nodeId: string;
  disk: ControlDisk;
  shortId = 0;
  isUp = true;
  plane: ControlPlane | null = null;
  /** Counts the processes. */
  life = 0;
  readonly #host: ControlMachineHost;
  readonly #random: SeededRandom;
  readonly #offsetMs: number;
  #isFounder = false;
  #volumes = 1;
  readonly turns: ProcessTurns<ControlPlane>;

  constructor(name: string, host: ControlMachineHost, random: SeededRandom) {
    this.name = name;
    this.nodeId = `key-${name}`;
    this.#host = host;
    this.turns = new ProcessTurns(host.queue, () => this.#run());
    this.#random = random;
    this.#offsetMs = random.between(0, HOUR_MS);
    this.disk = new ControlDisk(`volume-1-of-${name}`);
  }

  get nowMs(): number {
    return this.#host.queue.nowMs + this.#offsetMs;
  }

  /** This machine is a member from now on, with nothing on its disk yet. */
  enrol(shortId: number, isFounder: boolean): void {
    this.shortId = shortId;
    this.#isFounder = isFounder;
    this.start();
  }

  start(): void {
    this.isUp = true;
    if (this.shortId === 0 || this.plane !== null) return;
    this.life += 1;
    const config = { ...DEFAULT_PLANE, benefitMs: 3_000, voterGraceMs: 4_000, snapshotBytes: this.#host.snapshotBytes };
    const { shortId: id, disk } = this;
    const random = this.#random.fork(`life ${this.life}`).next;
    this.plane = new ControlPlane({ id, isFounder: this.#isFounder, config, random, ...disk.load() }, this.nowMs);
    this.act((plane) => plane.setWallClock(WALL_MS + this.#host.queue.nowMs, this.nowMs));
  }

  stop(): void {
    this.isUp = false;
    this.#endProcess();
  }

  /** This machine is no member any more; what it knew is forgotten. */
  dismiss(): void {
    this.#endProcess();
    this.shortId = 0;
    this.disk = new ControlDisk(this.disk.volumeId);
  }

  /** The disk is exchanged for an empty one. */
  wipe(): void {
    this.#endProcess();
    this.shortId = 0;
    this.#volumes += 1;
    this.disk = new ControlDisk(`volume-${this.#volumes}-of-${this.name}`);
  }

  /** Does something in the process, now or when it runs again. */
  act(work: (plane: ControlPlane) => void): void {
    if (this.plane !== null) this.turns.add(work);
  }

  #endProcess(): void {
    this.disk.crash(this.#random.integer(this.disk.underWay + 1));
    this.plane = null;
    this.turns.end();
  }

  #run(): void {
    const { plane, disk } = this;
    if (plane === null) return;
    this.turns.serve(plane);
    if (plane.wakeAtMs <= this.nowMs) plane.tick(this.nowMs);
    const ready = plane.takeReady(this.nowMs);
    for (const batch of ready.batches) {
      disk.begin(batch);
      this.#host.queue.after(this.#host.writeMs * (0.5 + this.#random.next()) * disk.underWay, () => {
        if (this.plane !== plane) return;
        const finished = disk.finish();
        if (finished !== undefined) this.act(() => plane.persisted(finished.number));
      });
    }
    this.#host.onReady(this, plane, ready);
    if (this.plane === plane) this.turns.plan(plane.wakeAtMs - this.#offsetMs);
  }
}
