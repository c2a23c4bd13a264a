import type { TestContext } from 'node:test';
import { temporaryFolder } from '@peermesh/testkit';
import { DataNode } from '../../src/data/data-node.ts';
import type { SendOptions, TopicRecord } from '../../src/data/ports.ts';
import type { Subscription } from '../../src/data/subscription/subscription.ts';
import type { SubscribeRequest } from '../../src/data/subscription/subscriptions.ts';
import { LmdbCursorStore } from '../../src/store/lmdb-cursor-store.ts';
import { keyOf } from '../../src/store/record.ts';
import { TopicLog } from '../../src/store/topic-log.ts';
import { Volume } from '../../src/store/volume.ts';

/** A message between two nodes of a test. */
export interface Letter {
  readonly from: number;
  readonly to: number;
  readonly options: SendOptions;
  readonly bytes: Uint8Array;
}

/** What the network of a test does with messages. The default brings each, in order. */
export interface Network {
  /** The messages that arrive now, of those that are under way; the others stay under way. */
  arriving?(underWay: Letter[]): Letter[];
  accepts?(letter: Letter): boolean;
}

interface Running {
  readonly volume: Volume;
  readonly log: TopicLog;
  readonly node: DataNode;
}

/** Data nodes on volumes of their own, connected by a network that the test rules, in a time that it rules as well. */
export class DataMesh {
  readonly #t: TestContext;
  readonly #folders = new Map<number, string>();
  readonly #running = new Map<number, Running>();
  readonly #epochs = new Map<number, number>();
  #underWay: Letter[] = [];
  #rooms = new Set<number>();
  network: Network = {};
  nowMs = 1_000;
  /** What nodes are told at their start of who belongs; all others when it is null. */
  members: readonly number[] | null = null;
  /** The mesh that nodes are in when they are started. */
  mesh = 'mesh';

  constructor(t: TestContext, nodes: readonly number[]) {
    this.#t = t;
    for (const id of nodes) {
      const folder = temporaryFolder('data');
      t.after(() => folder.remove());
      this.#folders.set(id, folder.path);
    }
    t.after(async () => {
      for (const { volume } of this.#running.values()) await volume.close();
    });
    for (const id of nodes) this.start(id);
  }

  node(id: number): DataNode {
    return this.#of(id).node;
  }

  log(id: number): TopicLog {
    return this.#of(id).log;
  }

  start(id: number): void {
    const epoch = (this.#epochs.get(id) ?? 0) + 1;
    this.#epochs.set(id, epoch);
    const volume = Volume.open({ path: this.#folders.get(id) ?? '', nodeId: `n${id}` });
    const log = new TopicLog(volume);
    const node = new DataNode({
      log,
      cursors: new LmdbCursorStore(volume),
      sender: { send: (to, options, bytes) => this.#send({ from: id, to, options, bytes }) },
      hasRoom: () => !this.#rooms.has(id),
      bootEpoch: epoch,
      wallMs: () => this.nowMs,
      queue: { itemsMax: 4, blockMs: 500 },
    });
    const members = this.members ?? [...this.#folders.keys()].filter((other) => other !== id);
    node.setMembers(members, this.mesh);
    this.#running.set(id, { volume, log, node });
    for (const [other, { node: neighbour }] of this.#running) if (other !== id) neighbour.reconnected(id, this.nowMs);
  }

  /** Ends a node as a crash does: what is under way to and from it is lost, and what it has not flushed as well. */
  async stop(id: number): Promise<void> {
    const { volume } = this.#of(id);
    this.#running.delete(id);
    this.#underWay = this.#underWay.filter(({ from, to }) => from !== id && to !== id);
    await volume.close();
  }

  /** The disk of a node that is stopped is another one. */
  wipe(id: number): void {
    const folder = temporaryFolder('data');
    this.#t.after(() => folder.remove());
    this.#folders.set(id, folder.path);
  }

  /** Flips a bit of the payload of a record of the first topic on a node's disk. */
  async damage(id: number, offset: number): Promise<void> {
    const { volume } = this.#of(id);
    const table = volume.table('topic-records');
    const record = table.get(keyOf(1, offset)) ?? Buffer.alloc(1);
    record[record.length - 1] = (record.at(-1) as number) ^ 1;
    await volume.commit((writes) => writes.put(table, keyOf(1, offset), record));
  }

  setFull(id: number, isFull: boolean): void {
    if (isFull) this.#rooms.add(id);
    else this.#rooms.delete(id);
  }

  /** Lets time pass in steps of 100 ms, messages arrive and writes become durable. */
  async run(ms: number): Promise<void> {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs += 100;
      for (const { node } of this.#running.values()) node.tick(this.nowMs);
      await this.settle();
    }
  }

  /** Until nothing is under way that arrives now. */
  async settle(): Promise<void> {
    for (;;) {
      const arriving = this.network.arriving?.(this.#underWay) ?? this.#underWay.splice(0);
      for (const { from, to, bytes } of arriving) this.#running.get(to)?.node.received(from, bytes, this.nowMs);
      await Promise.all([...this.#running.values()].map(({ volume }) => volume.durable()));
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (arriving.length === 0) return;
    }
  }

  subscribe(id: number, topic: string, changes: Partial<SubscribeRequest> = {}): Subscription {
    return this.node(id).subscribe({
      topic,
      from: 'latest',
      name: null,
      onReadable: () => {},
      onClosed: () => {},
      ...changes,
    });
  }

  #of(id: number): Running {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error(`node ${id} is not running`);
    return running;
  }

  #send(letter: Letter): 'accepted' | 'wouldBlock' {
    if (!(this.network.accepts?.(letter) ?? true)) return 'wouldBlock';
    if (this.#running.has(letter.to)) this.#underWay.push({ ...letter, bytes: Buffer.from(letter.bytes) });
    return 'accepted';
  }
}

export const textOf = ({ payload }: { readonly payload: Uint8Array }): string => Buffer.from(payload).toString();

export function textsOf(records: readonly TopicRecord[]): string[] {
  return records.map(textOf);
}
