import { DEFAULT_MESH_CORE, MeshCore, type MeshReady, type OperationOutcome } from '@peermesh/mesh-core';
import { DEFAULT_OVERLAY } from '@peermesh/overlay';
import { keyOf, nodeIdOf, signerOf } from '../mesh/keys.ts';
import { type SocketHost, Sockets } from '../mesh/sockets.ts';
import type { Wire } from '../mesh/wires.ts';
import { ProcessTurns } from '../process-turns.ts';
import type { SeededRandom } from '../random.ts';
import { NodeDisk } from './node-disk.ts';

/** What a node needs of its world. */
export interface WholeNodeHost extends SocketHost {
  readonly shape: { readonly lanes: number; readonly writeMs: number; readonly snapshotBytes: number };
  /** What the core wants done besides connections and writes. */
  onReady(node: WholeNode, core: MeshCore, ready: MeshReady): void;
}

interface Process {
  readonly core: MeshCore;
  readonly sockets: Sockets;
}

type Awaiting = (outcome: OperationOutcome) => void;

const LINK_TICK_MS = 25;
const DOUBT_MS = 3_000;
const HOUR_MS = 3_600_000;
const WALL_MS = 1_700_000_000_000;

/** One machine with a disk, and a process that is a whole mesh node: overlay, control group, joining and leaving. */
export class WholeNode {
  readonly name: string;
  readonly nodeId: string;
  /** Empty for a node that accepts no connections. */
  readonly address: string;
  readonly disk: NodeDisk;
  readonly turns: ProcessTurns<Process>;
  /** Counts the starts. */
  life = 0;
  refusesDials = false;
  readonly #host: WholeNodeHost;
  readonly #random: SeededRandom;
  readonly #offsetMs: number;
  readonly #awaiting = new Map<string, Awaiting>();
  #process: Process | null = null;

  constructor(number: number, isClosed: boolean, host: WholeNodeHost, random: SeededRandom) {
    this.name = `n${number}`;
    this.nodeId = nodeIdOf(this.name);
    this.address = isClosed ? '' : `${this.name}:7000`;
    this.disk = new NodeDisk(`volume of ${this.name}`);
    this.#host = host;
    this.#random = random;
    this.#offsetMs = random.between(0, HOUR_MS);
    this.turns = new ProcessTurns(host.queue, () => this.#run());
  }

  get core(): MeshCore | null {
    return this.#process?.core ?? null;
  }

  get isUp(): boolean {
    return this.#process !== null;
  }

  get sockets(): Sockets | null {
    return this.#process?.sockets ?? null;
  }

  /** 0 while it is no member. */
  get shortId(): number {
    return this.core?.session?.shortId ?? 0;
  }

  /** The node's own clock. */
  get nowMs(): number {
    return this.#host.queue.nowMs + this.#offsetMs;
  }

  start(): void {
    if (this.#process !== null) return;
    this.disk.bootEpoch += 1;
    this.life += 1;
    const random = this.#random.fork(`life ${this.life}`);
    const core = new MeshCore(this.#options(random), this.nowMs);
    core.setWallClock(WALL_MS + this.#host.queue.nowMs, this.nowMs);
    const { creditBytes } = DEFAULT_OVERLAY.link;
    const shared = { versionMin: 1, versionMax: 1, features: 7, creditBytes, nonce: new Uint8Array(16) };
    const hello = { ...shared, incarnation: random.integer(2 ** 32), nodeId: keyOf(this.name) };
    const { life } = this;
    const sockets = new Sockets(this.name, this.#host, hello, core, (work) => {
      if (this.life === life) this.act(() => work(this.nowMs));
    });
    this.#process = { core, sockets };
    this.act(() => {});
  }

  /** @param isTold whether the machine closes the connections of the dead process */
  stop(isTold: boolean): void {
    const sockets = this.#process?.sockets;
    for (const connection of sockets?.open.keys() ?? []) sockets?.close(connection, isTold);
    if (this.#process !== null) this.disk.crash(this.#random.integer(this.disk.underWay + 1));
    this.#process = null;
    this.#awaiting.clear();
    this.turns.end();
  }

  /** Does something in the process, now or when it runs again. */
  act(work: (core: MeshCore) => void): void {
    if (this.#process !== null) this.turns.add(({ core }) => work(core));
  }

  /** Begins an operation; its outcome comes unless the process ends before. */
  ask(operation: (core: MeshCore) => string, onOutcome: Awaiting): void {
    this.act((core) => void this.#awaiting.set(operation(core), onOutcome));
  }

  receive(from: string, message: Wire): void {
    const isRefused = message.kind === 'dial' && (this.refusesDials || this.address === '');
    if (this.#process === null || isRefused) return;
    this.turns.add(({ sockets }) => sockets.receive(from, message, this.nowMs));
  }

  #options(random: SeededRandom): ConstructorParameters<typeof MeshCore>[0] {
    const { name, nodeId, address, disk } = this;
    const { lanes, snapshotBytes } = this.#host.shape;
    const isInbound = address !== '';
    const description = { name, address, isInbound, isRelay: true, region: '', tenant: '', labels: [] };
    const { overlay, plane } = DEFAULT_MESH_CORE;
    return {
      self: {
        nodeId,
        volumeId: disk.volumeId,
        bootEpoch: disk.bootEpoch,
        sealingKey: new Uint8Array(32),
        certificate: '',
        description,
      },
      signer: signerOf(nodeId),
      random: random.next,
      config: {
        ...DEFAULT_MESH_CORE,
        overlay: { ...overlay, linkTickMs: LINK_TICK_MS, dial: { ...overlay.dial, lanes } },
        plane: { ...plane, benefitMs: 3_000, voterGraceMs: 4_000, snapshotBytes },
        doubtMs: DOUBT_MS,
      },
      restored: disk.load(),
    };
  }

  #run(): void {
    const process = this.#process;
    if (process === null) return;
    this.turns.serve(process);
    const { core, sockets } = process;
    if (core.wakeAtMs <= this.nowMs) core.tick(this.nowMs);
    const ready = core.takeReady(this.nowMs);
    for (const batch of ready.batches) this.#write(process, batch);
    for (const { connection, bytes } of ready.writes) sockets.write(connection, bytes);
    for (const { connection } of ready.closes) sockets.close(connection, true);
    for (const { address, lane } of ready.dials) sockets.dial(address, lane);
    for (const event of ready.events) if (event.kind === 'overtaken') this.disk.bootEpoch = event.bootEpoch;
    this.#host.onReady(this, core, ready);
    for (const { operationId, outcome } of ready.outcomes) {
      this.#awaiting.get(operationId)?.(outcome);
      this.#awaiting.delete(operationId);
    }
    // What the core has done with may not be read again: a transport uses the memory for what comes next.
    for (const bytes of ready.spentBatches) bytes.fill(0xee);
    if (this.#process === process) this.turns.plan(core.wakeAtMs - this.#offsetMs);
  }

  #write(process: Process, batch: MeshReady['batches'][number]): void {
    const { disk } = this;
    disk.begin(batch);
    this.#host.queue.after(this.#host.shape.writeMs * (0.5 + this.#random.next()) * disk.underWay, () => {
      if (this.#process !== process) return;
      const finished = disk.finish();
      if (finished !== undefined) this.act((core) => core.persisted(finished.number));
    });
  }
}
