import type { TrafficClass } from '@peermesh/link';

/** Whose data it is: what keeps the mesh working, its services', or its users'. */
export const Priority = { system: 0, internal: 1, client: 2 } as const;
export type Priority = (typeof Priority)[keyof typeof Priority];

/** A record of a topic as the log has it. */
export interface TopicRecord {
  /** Where it is in this node's log of the topic; the first one is 1. */
  readonly offset: number;
  /** Short id of the node that it was published on. */
  readonly origin: number;
  /** Where it is in the log of its origin. */
  readonly originSeq: number;
  /** Unix time at the origin; never falls along one log. */
  readonly timeMs: number;
  readonly priority: Priority;
  readonly payload: Uint8Array;
}

/** A record to be appended. Its payload belongs to the log from then on. */
export interface TopicAppend {
  readonly topic: string;
  /** 0 stands for this node. */
  readonly origin: number;
  /** Its place in the log of its origin; for this node's own it is the offset, whatever is given. */
  readonly originSeq: number;
  readonly timeMs: number;
  readonly priority: Priority;
  readonly payload: Uint8Array;
}

/** Where a log begins, and the offset that the next record will have. */
export interface TopicRange {
  readonly first: number;
  readonly next: number;
}

/** The logs of all topics of a node. */
export interface EventLog {
  /**
   * Appends in order, all of it in one durable write or nothing. Records whose origin sequence is not above the highest one
   * of that origin and topic are there already and left out.
   * @returns when it is durable, the offset of each, or null for one that was there
   * @throws StorageError when it cannot be written; nothing can be from then on
   */
  append(records: readonly TopicAppend[]): Promise<readonly (number | null)[]>;
  /**
   * Durable records from an offset on, or from the first one if that is later: as many as fit into `bytesMax` bytes of
   * payload, and at least one if there is one.
   * @throws StorageError `corrupt`, naming topic and offset
   */
  read(topic: string, from: number, bytesMax: number): TopicRecord[];
  /** What is durable of a topic; both are 1 for a topic that is not known. */
  range(topic: string): TopicRange;
  /** The highest sequence of an origin that was accepted for a topic, durable or not; of this node (0), the newest offset. */
  highWater(topic: string, origin: number): number;
  /** The mesh whose nodes origins are; null when no other node was an origin yet. */
  readonly mesh: string | null;
  /**
   * Origins are nodes of this mesh from now on: short ids of another one stand for others, and their sequences are forgotten.
   * Durable when it resolves.
   */
  enterMesh(mesh: string): Promise<void>;
  topics(): Iterable<string>;
  /** Has a function called, in no particular order, with topics that have new durable records. */
  onDurable(listener: (topics: ReadonlySet<string>) => void): void;
  /** Whether the disk has room for more than what keeps the node working. */
  readonly hasRoom: boolean;
}

/** Positions in logs, kept for consumers that come back. Writes are gathered: a crash may bring an older position back. */
export interface CursorStore {
  get(name: string): number | null;
  /** Null forgets it. */
  set(name: string, position: number | null): void;
  /** All whose name begins like this. */
  all(prefix: string): Iterable<readonly [name: string, position: number]>;
  /** Resolves when what was set is durable. */
  flush(): Promise<void>;
}

/** How a message is to travel. */
export interface SendOptions {
  readonly isReliable: boolean;
  readonly trafficClass: TrafficClass;
}

/** The way to other nodes. A message that was accepted belongs to the mesh. */
export interface MeshSender {
  /** Reliable messages that were accepted arrive while both nodes live; others may be lost. Neither need keep their order. */
  send(dst: number, options: SendOptions, bytes: Uint8Array): 'accepted' | 'wouldBlock';
}
