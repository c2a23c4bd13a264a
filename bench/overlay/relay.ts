import { createHash } from 'node:crypto';
import {
  createFrame,
  createVirtualLink,
  DEFAULT_LINK_CONFIG,
  type Established,
  FrameCursor,
  type Hello,
  linkEpochOf,
  type VirtualLink,
} from '@peermesh/link';
import { DEFAULT_OVERLAY, Overlay } from '@peermesh/overlay';

const FRAMES_PER_TURN = 200;
const TURN_MS = 0.2;
const RELAY = 1;
const [FROM, TO] = [2, 3];

interface Peer {
  readonly shortId: number;
  readonly link: VirtualLink;
  /** Connections at the relay, by lane. */
  readonly connections: readonly number[];
}

/** What the relay cost, and what went through it. */
export interface RelayCost {
  readonly frames: number;
  /** Processor time of the relay alone. */
  readonly ns: number;
  /** Batches that it took, for the reference. */
  readonly batches: readonly Uint8Array[];
}

/**
 * One overlay node between two bare links: every turn the one sends 200 reliable frames that are routed through the node to
 * the other. Only what the node itself does is timed: batches checked, frames routed, queued and sealed, credit, acknowledgements.
 */
export class RelayBench {
  readonly #overlay: Overlay;
  readonly #peers: readonly [Peer, Peer];
  readonly #cursor = new FrameCursor();
  #nowMs = 1_000;
  #cpuUs = 0;
  #arrived = 0;
  #kept: Uint8Array[] = [];

  constructor() {
    const key = (id: number): Buffer => createHash('sha256').update(`${id}`).digest();
    const nodeId = (id: number): string => key(id).toString('base64url');
    this.#overlay = new Overlay({
      meshId: 'bench',
      nodeId: nodeId(RELAY),
      bootEpoch: 1,
      flags: 3,
      config: DEFAULT_OVERLAY,
      signer: { sign: () => new Uint8Array(64), verify: () => true },
      random: () => 0.5,
      nowMs: this.#nowMs,
    });
    const members = [RELAY, FROM, TO].map((id) => ({ shortId: id, nodeId: nodeId(id), address: '', flags: 2 }));
    this.#overlay.setMembers(members, this.#nowMs);
    const hello = (id: number, lane: number, role: Hello['role']): Hello => {
      const { creditBytes } = DEFAULT_LINK_CONFIG;
      const shared = {
        versionMin: 1,
        versionMax: 1,
        features: 7,
        creditBytes,
        incarnation: id,
        nonce: new Uint8Array(16),
      };
      return { ...shared, lane, role, nodeId: key(id) };
    };
    const connect = (shortId: number): Peer => {
      const epoch = linkEpochOf(hello(shortId, 0, 'initiator'), hello(RELAY, 0, 'responder'));
      const link = createVirtualLink({ config: DEFAULT_LINK_CONFIG, random: () => 0.5, epoch });
      const connections = [0, 1, 2].map((lane) => {
        const remote = hello(shortId, lane, 'initiator');
        const established: Established = {
          remote,
          version: 1,
          features: 7,
          linkEpoch: epoch,
          transcript: remote.nonce,
        };
        const id = shortId * 10 + lane;
        this.#overlay.connected(id, { peer: nodeId(shortId), lane, established, isDialled: false }, this.#nowMs);
        link.laneUp(lane, this.#nowMs);
        return id;
      });
      return { shortId, link, connections };
    };
    this.#peers = [connect(FROM), connect(TO)];
    for (let turn = 0; turn < 1_000; turn += 1) this.#turn();
  }

  /** Sends frames of that payload through the relay for so long. */
  run(payloadBytes: number, trafficClass: number, forMs: number): RelayCost {
    const [from] = this.#peers;
    const flow = from.link.openFlow({ id: 1, trafficClass, isReliable: true });
    const frame = createFrame({ trafficClass, flow: 1, src: FROM, dst: TO, payload: new Uint8Array(payloadBytes) });
    frame.segments = [RELAY, TO];
    this.#cpuUs = 0;
    this.#arrived = 0;
    this.#kept = [];
    const startedAt = performance.now();
    while (performance.now() - startedAt < forMs) {
      for (let i = 0; i < FRAMES_PER_TURN; i += 1) {
        frame.seqLow = (frame.seqLow + 1) >>> 0;
        frame.ttl = 32;
        if (from.link.trySend(flow, frame, this.#nowMs) !== 0) break;
      }
      this.#turn();
    }
    if (this.#overlay.counters.drops().length > 0) throw new Error('the relay dropped frames');
    return { frames: this.#arrived, ns: this.#cpuUs * 1_000, batches: this.#kept };
  }

  #turn(): void {
    this.#nowMs += TURN_MS;
    const inbound: [number, Uint8Array][] = [];
    for (const { shortId, link, connections } of this.#peers) {
      if (Math.floor(this.#nowMs) % 10 === 0) link.tick(this.#nowMs);
      const { writes, deliveries } = link.takeReady(this.#nowMs);
      for (const { lane, bytes } of writes) inbound.push([connections[lane]!, bytes.slice()]);
      for (const { trafficClass, bytes, from, end } of deliveries) {
        this.#cursor.reset(bytes, from, end);
        while (this.#cursor.next()) if (this.#cursor.dst === shortId) this.#arrived += 1;
        link.release(trafficClass, end - from, this.#nowMs);
      }
    }
    if (this.#kept.length < 64)
      for (const [, bytes] of inbound) if (bytes.length > 4_096) this.#kept.push(bytes.slice());
    const before = process.threadCpuUsage();
    for (const [id, bytes] of inbound) this.#overlay.received(id, bytes, this.#nowMs);
    if (this.#overlay.wakeAtMs <= this.#nowMs) this.#overlay.tick(this.#nowMs);
    const { writes } = this.#overlay.takeReady(this.#nowMs);
    const { user, system } = process.threadCpuUsage(before);
    this.#cpuUs += user + system;
    for (const { connection, bytes } of writes)
      for (const { link, connections } of this.#peers) {
        const lane = connections.indexOf(connection);
        if (lane >= 0) link.onBatch(lane, bytes.slice(), this.#nowMs);
      }
  }
}
