import { DEFAULT_OVERLAY, Overlay, type OverlayConfig, type OverlayMember, type OverlayReady } from '@peermesh/overlay';
import { NodeFlag } from '@peermesh/routing';
import { ProcessTurns } from '../process-turns.ts';
import type { SeededRandom } from '../random.ts';
import { keyOf, nodeIdOf, signerOf } from './keys.ts';
import { type SocketHost, Sockets } from './sockets.ts';
import type { Wire } from './wires.ts';

/** What a node needs of its world. */
export interface MeshNodeHost extends SocketHost {
  readonly lanes: number;
  /** What the overlay wants done besides connections. */
  onReady(node: SimMeshNode, ready: OverlayReady): void;
}

interface Process {
  readonly overlay: Overlay;
  readonly sockets: Sockets;
}

const LINK_TICK_MS = 25;
const HOUR_MS = 3_600_000;

/** One machine: a process that comes and goes, its boot epoch and its list of members on disk. */
export class SimMeshNode {
  readonly id: number;
  readonly name: string;
  readonly nodeId: string;
  /** Empty for a node that accepts no connections. */
  readonly address: string;
  /** As the control group last told it; survives restarts. */
  members: readonly OverlayMember[] = [];
  bootEpoch = 0;
  /** Counts the starts. */
  life = 0;
  isDraining = false;
  /** Number of the process that runs now, or ran last, for its peers. */
  incarnation = 0;
  refusesDials = false;
  readonly #host: MeshNodeHost;
  readonly #random: SeededRandom;
  readonly #offsetMs: number;
  #process: Process | null = null;
  readonly turns: ProcessTurns<Process>;

  constructor(id: number, isClosed: boolean, host: MeshNodeHost, random: SeededRandom) {
    this.id = id;
    this.name = `n${id}`;
    this.nodeId = nodeIdOf(this.name);
    this.address = isClosed ? '' : `${this.name}:7000`;
    this.#host = host;
    this.turns = new ProcessTurns(host.queue, () => this.#run());
    this.#random = random;
    this.#offsetMs = random.between(0, HOUR_MS);
  }

  get isUp(): boolean {
    return this.#process !== null;
  }

  /** Whether it holds itself for a member. */
  get isOwnMember(): boolean {
    return this.members.some(({ shortId }) => shortId === this.id);
  }

  get overlay(): Overlay | null {
    return this.#process?.overlay ?? null;
  }

  get sockets(): Sockets | null {
    return this.#process?.sockets ?? null;
  }

  /** The node's own clock. */
  get nowMs(): number {
    return this.#host.queue.nowMs + this.#offsetMs;
  }

  start(): void {
    if (this.#process !== null) return;
    this.bootEpoch += 1;
    this.life += 1;
    const config: OverlayConfig = {
      ...DEFAULT_OVERLAY,
      linkTickMs: LINK_TICK_MS,
      dial: { ...DEFAULT_OVERLAY.dial, lanes: this.#host.lanes },
    };
    const random = this.#random.fork(`life ${this.life}`);
    const overlay = new Overlay({
      meshId: 'mesh',
      nodeId: this.nodeId,
      bootEpoch: this.bootEpoch,
      flags: NodeFlag.RELAY | (this.address === '' ? 0 : NodeFlag.INBOUND),
      config,
      signer: signerOf(this.nodeId),
      random: random.next,
      nowMs: this.nowMs,
    });
    const { link } = config;
    const shared = {
      versionMin: 1,
      versionMax: 1,
      features: 7,
      creditBytes: link.creditBytes,
      nonce: new Uint8Array(16),
    };
    this.incarnation = random.integer(2 ** 32);
    const hello = { ...shared, incarnation: this.incarnation, nodeId: keyOf(this.name) };
    const { life } = this;
    const sockets = new Sockets(this.name, this.#host, hello, overlay, (work) => {
      if (this.life === life) this.act(() => work(this.nowMs));
    });
    this.#process = { overlay, sockets };
    this.act((running) => {
      running.setMembers(this.members, this.nowMs);
      running.setDraining(this.isDraining, this.nowMs);
    });
  }

  /** @param isTold whether the machine closes the connections of the dead process. */
  stop(isTold: boolean): void {
    const sockets = this.#process?.sockets;
    for (const connection of sockets?.open.keys() ?? []) sockets?.close(connection, isTold);
    this.#process = null;
    this.turns.end();
  }

  /** Does something in the process, now or when it runs again. */
  act(work: (overlay: Overlay) => void): void {
    if (this.#process !== null) this.turns.add(({ overlay }) => work(overlay));
  }

  receive(from: string, message: Wire): void {
    const isRefused = message.kind === 'dial' && (this.refusesDials || this.address === '');
    if (this.#process === null || isRefused) return;
    this.turns.add(({ sockets }) => sockets.receive(from, message, this.nowMs));
  }

  #run(): void {
    const process = this.#process;
    if (process === null) return;
    this.turns.serve(process);
    const { overlay, sockets } = process;
    if (overlay.wakeAtMs <= this.nowMs) overlay.tick(this.nowMs);
    const ready = overlay.takeReady(this.nowMs);
    for (const { connection, bytes } of ready.writes) sockets.write(connection, bytes);
    for (const { connection } of ready.closes) sockets.close(connection, true);
    for (const { address, lane } of ready.dials) sockets.dial(address, lane);
    for (const event of ready.events) if (event.kind === 'overtaken') this.bootEpoch = event.bootEpoch;
    this.#host.onReady(this, ready);
    // What the overlay has done with may not be read again: a transport uses the memory for what comes next.
    for (const bytes of ready.spentBatches) bytes.fill(0xee);
    if (this.#process === process) this.turns.plan(overlay.wakeAtMs - this.#offsetMs);
  }
}
