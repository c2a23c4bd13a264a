import type { SimDisk } from '../disk/disk.ts';
import type { EventQueue } from '../event-queue.ts';
import type { LinkRule } from '../network/link-rule.ts';
import type { NodeClock } from '../node-clock.ts';
import type { SeededRandom } from '../random.ts';

/** What network faults need of a world. */
export interface NetworkHost {
  readonly queue: EventQueue;
  nodes(): readonly string[];
  /** Nodes worth disturbing more than others, for example the leader; may be empty. */
  focus(): readonly string[];
  addRule(rule: LinkRule): () => void;
}

/** How a process ends: its machine goes on (`kill`), or loses power and with it what was not fsynced. */
export type StopStyle = 'kill' | 'power-clean' | 'power-torn' | 'power-reordered';

export interface ProcessHost extends NetworkHost {
  isUp(node: string): boolean;
  stop(node: string, style: StopStyle): void;
  start(node: string): void;
  /** The process does nothing for that long; messages and timers wait. */
  pause(node: string, milliseconds: number): void;
  /** Every event of the node takes that much longer from now on; 0 ends it. */
  slow(node: string, millisecondsPerEvent: number): void;
}

export interface ClockHost extends NetworkHost {
  clock(node: string): NodeClock;
}

export interface DiskHost extends ProcessHost {
  disk(node: string): SimDisk;
  /**
   * Whether losing this node's disk now is something that the core claims to survive. A world says no while another disk
   * is damaged or being replaced: nothing survives the loss of a quorum of disks.
   */
  mayDamage(node: string): boolean;
  /** Says that the disk was damaged: the world replaces the replica, under a new identity, when the node finds out. */
  damaged(node: string): void;
  /** The durable files of the log and of snapshots. */
  logFiles(node: string): readonly string[];
  snapshotFiles(node: string): readonly string[];
}

/** One named way in which the world goes wrong. `start` schedules its own end, `durationMs` later, on the host's queue. */
export interface FaultKind<Host> {
  readonly name: string;
  readonly summary: string;
  readonly durationMs: readonly [number, number];
  start(host: Host, random: SeededRandom, durationMs: number): void;
}

/** The focus half of the time, any node otherwise. */
export function target(host: NetworkHost, random: SeededRandom): string {
  const focus = host.focus();
  return focus.length > 0 && random.chance(0.5) ? random.pick(focus) : random.pick(host.nodes());
}
