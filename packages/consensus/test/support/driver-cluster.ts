import { setImmediate as turn } from 'node:timers/promises';
import {
  GroupDriver,
  type GroupDriverOptions,
  initialConfiguration,
  type MemoryStores,
  MemoryVolume,
  openMemoryStores,
} from '@peermesh/consensus';
import { CountingMachine } from './counting-machine.ts';

export const GROUP = 1;

interface Node {
  readonly volume: MemoryVolume;
  driver: GroupDriver;
  stores: MemoryStores;
  readonly machines: Map<number, CountingMachine>;
  isUp: boolean;
}

type Options = Partial<Omit<GroupDriverOptions, 'id' | 'stores' | 'transport'>>;

const TURNS_MAX = 4000;

/** Drivers over volumes in memory and a network that delivers in the next turn. Time passes by {@link tick} only. */
export class DriverCluster {
  readonly nodes = new Map<number, Node>();
  readonly ended: { node: number; group: number; error: unknown }[] = [];
  /** Frames that left, by sender and receiver. */
  frames = 0;
  readonly #options: Options;
  #cut = new Set<number>();

  constructor(ids: readonly number[], options: Options = {}) {
    this.#options = options;
    for (const id of ids) this.#add(id, new MemoryVolume(`volume-${id}`));
  }

  /** Begins a group on all nodes. */
  async create(group = GROUP): Promise<void> {
    const configuration = initialConfiguration([...this.nodes.keys()]);
    for (const [id, { driver }] of this.nodes)
      await driver.create(group, { machine: this.machine(id, group), configuration });
  }

  driver(id: number): GroupDriver {
    return this.#node(id).driver;
  }

  stores(id: number): MemoryStores {
    return this.#node(id).stores;
  }

  volume(id: number): MemoryVolume {
    return this.#node(id).volume;
  }

  machine(id: number, group = GROUP): CountingMachine {
    const { machines } = this.#node(id);
    const machine = machines.get(group) ?? new CountingMachine();
    machines.set(group, machine);
    return machine;
  }

  addNode(id: number): void {
    this.#add(id, new MemoryVolume(`volume-${id}`));
  }

  /** The process is gone, with everything that was not durable. */
  kill(id: number): void {
    const node = this.#node(id);
    node.isUp = false;
    node.volume.crash();
    node.machines.clear();
    for (const group of node.driver.host.groups) node.driver.stop(group);
  }

  async restart(id: number, groups: readonly number[] = [GROUP]): Promise<void> {
    const { volume } = this.#node(id);
    this.#add(id, volume);
    const { driver } = this.#node(id);
    for (const group of groups) await driver.open(group, { machine: this.machine(id, group), volumeId: volume.id });
  }

  /** Nothing goes to these nodes or comes from them. */
  cut(...ids: readonly number[]): void {
    this.#cut = new Set(ids);
  }

  /** One tick of everybody, and some turns for what follows from it. */
  async tick(times = 1): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      for (const { driver, isUp } of this.nodes.values()) if (isUp) driver.tick();
      await this.settle();
    }
  }

  async settle(turns = 12): Promise<void> {
    for (let at = 0; at < turns; at += 1) await turn();
  }

  /** Ticks until something holds. */
  async until<T>(condition: () => T): Promise<NonNullable<T>> {
    for (let at = 0; at < TURNS_MAX; at += 1) {
      const value = condition();
      if (value) return value as NonNullable<T>;
      await this.tick();
    }
    throw new Error(`does not come true: ${condition.toString()}`);
  }

  leader(group = GROUP): Promise<number> {
    return this.until(
      () =>
        [...this.nodes].find(
          ([id, { driver, isUp }]) => isUp && !this.#cut.has(id) && driver.status(group)?.role === 'leader',
        )?.[0],
    );
  }

  async propose(id: number, text: string, group = GROUP): Promise<number> {
    const proposed = this.driver(id).propose<number>(group, new TextEncoder().encode(text));
    let isSettled = false;
    const settled = proposed.then(
      () => (isSettled = true),
      () => (isSettled = true),
    );
    await this.until(() => isSettled);
    await settled;
    return (await proposed).result ?? 0;
  }

  #node(id: number): Node {
    const node = this.nodes.get(id);
    if (node === undefined) throw new RangeError(`no node ${id}`);
    return node;
  }

  #add(id: number, volume: MemoryVolume): void {
    const stores = openMemoryStores(volume);
    const driver = new GroupDriver({
      random: randomOf(id),
      onEnded: (group, error) => this.ended.push({ node: id, group, error }),
      ...this.#options,
      id,
      stores,
      transport: { send: (to, _, frame) => this.#send(id, to, frame) },
    });
    this.nodes.set(id, { volume, driver, stores, machines: new Map(), isUp: true });
  }

  #send(from: number, to: number, frame: Uint8Array): void {
    this.frames += 1;
    setImmediate(() => {
      const target = this.nodes.get(to);
      if (target?.isUp !== true || this.#cut.has(from) || this.#cut.has(to) || !this.#node(from).isUp) return;
      target.driver.received(frame.slice());
    });
  }
}

function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
