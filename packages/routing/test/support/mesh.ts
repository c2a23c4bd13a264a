import { ForwardingTable } from '../../src/forwarding/forwarding-table.ts';
import { NodeFlag } from '../../src/link-state/advertisement.ts';
import type { AdvertisementSigner } from '../../src/link-state/signing.ts';
import { Router } from '../../src/router/router.ts';
import { DEFAULT_ROUTING, type RoutingConfig } from '../../src/router/router-config.ts';
import { METRICS } from './advertisements.ts';
import { EventQueue } from './event-queue.ts';
import { integerBetween, seededRandom } from './random.ts';

export interface Faults {
  /** Probabilities per message. */
  readonly loss: number;
  readonly duplication: number;
  readonly delayMaxMs: number;
}

export const NO_FAULTS: Faults = { loss: 0, duplication: 0, delayMaxMs: 5 };

interface TestNode {
  readonly router: Router;
  readonly table: ForwardingTable;
  wakeAtMs: number;
}

const DETECTION_MS = 300;

/** Routers on a network in virtual time: links with loss, repetition and reordering, cuts that take 300 ms to notice. */
export class TestMesh {
  readonly queue = new EventQueue();
  readonly nodes = new Map<number, TestNode>();
  readonly members = new Set<number>();
  readonly random: () => number;
  readonly #config: RoutingConfig;
  readonly #links = new Map<string, { isUp: boolean; readonly latencyUs: number }>();
  faults = NO_FAULTS;

  constructor(seed: number, config: Partial<RoutingConfig> = {}) {
    this.random = seededRandom(seed);
    this.#config = { ...DEFAULT_ROUTING, ...config };
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  addNode(id: number, bootEpoch = 1, flags: number = NodeFlag.RELAY): Router {
    this.members.add(id);
    const ports = { signer: cheapSigner(id), members: { isMember: (member: number) => this.members.has(member) } };
    const identity = { self: id, bootEpoch, region: 0, tenant: 0, flags };
    const router = new Router(this.nowMs, identity, this.#config, { ...ports, random: this.random });
    const node = { router, table: new ForwardingTable(), wakeAtMs: Number.POSITIVE_INFINITY };
    this.nodes.set(id, node);
    this.#service(id);
    return router;
  }

  removeNode(id: number): void {
    this.nodes.delete(id);
    for (const [a, b] of this.links()) if (a === id || b === id) this.cut(a, b);
  }

  router(id: number): Router {
    return this.nodes.get(id)!.router;
  }

  table(id: number): ForwardingTable {
    return this.nodes.get(id)!.table;
  }

  /** The links that are up, as pairs. */
  links(): [number, number][] {
    return [...this.#links]
      .filter(([, { isUp }]) => isUp)
      .map(([key]) => key.split('-').map(Number) as [number, number]);
  }

  isLinkUp(a: number, b: number): boolean {
    return this.#links.get(linkKey(a, b))?.isUp === true;
  }

  latencyUs(a: number, b: number): number {
    return this.#links.get(linkKey(a, b))!.latencyUs;
  }

  connect(a: number, b: number, latencyUs = METRICS.latencyUs): void {
    const known = this.#links.get(linkKey(a, b));
    if (known?.isUp) return;
    this.#links.set(linkKey(a, b), { isUp: true, latencyUs: known?.latencyUs ?? latencyUs });
    for (const [self, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const metrics = { ...METRICS, latencyUs: this.latencyUs(a, b) };
      this.input(self, (router) => router.linkUp(this.nowMs, { peer, linkId: peer, metrics, riskGroups: [] }));
    }
  }

  /** Carries nothing from now on; its ends notice after the detection time, unless it is back by then. */
  cut(a: number, b: number, detectionMs = DETECTION_MS): void {
    const link = this.#links.get(linkKey(a, b));
    if (!link?.isUp) return;
    link.isUp = false;
    this.queue.at(this.nowMs + detectionMs, () => {
      if (link.isUp || this.#links.get(linkKey(a, b)) !== link) return;
      for (const [self, peer] of [
        [a, b],
        [b, a],
      ] as const) {
        this.input(self, (router) => router.linkDown(this.nowMs, peer));
      }
    });
  }

  input(id: number, act: (router: Router) => void): void {
    const node = this.nodes.get(id);
    if (!node) return;
    act(node.router);
    this.#service(id);
  }

  run(durationMs: number): void {
    this.queue.runUntil(this.nowMs + durationMs);
  }

  /** Runs until the condition holds. @returns the virtual ms that it took, infinity when it did not within the limit. */
  runUntil(condition: () => boolean, limitMs: number, stepMs = 100): number {
    const startedAtMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startedAtMs >= limitMs) return Number.POSITIVE_INFINITY;
      this.run(stepMs);
    }
    return this.nowMs - startedAtMs;
  }

  hasEqualDatabases(): boolean {
    const versions = [...this.nodes.values()].map(({ router }) => JSON.stringify(router.versions()));
    return new Set(versions).size <= 1;
  }

  #service(id: number): void {
    const node = this.nodes.get(id)!;
    node.router.tick(this.nowMs);
    const { messages, forwarding } = node.router.takeReady();
    for (const change of forwarding) node.table.apply(change);
    for (const { to, bytes } of messages) this.#send(id, to, bytes);
    const wakeAtMs = Math.max(node.router.wakeAtMs, this.nowMs);
    if (wakeAtMs >= node.wakeAtMs && node.wakeAtMs > this.nowMs) return;
    node.wakeAtMs = wakeAtMs;
    if (wakeAtMs === Number.POSITIVE_INFINITY) return;
    this.queue.at(wakeAtMs, () => {
      if (this.nodes.get(id) === node && node.wakeAtMs === wakeAtMs) this.#service(id);
    });
  }

  #send(from: number, to: number, bytes: Uint8Array): void {
    const copies = this.random() < this.faults.duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (this.random() < this.faults.loss) continue;
      const atMs = this.nowMs + integerBetween(this.random, 1, this.faults.delayMaxMs);
      this.queue.at(atMs, () => {
        if (this.isLinkUp(from, to)) this.input(to, (router) => router.step(this.nowMs, from, bytes));
      });
    }
  }
}

function linkKey(a: number, b: number): string {
  return a < b ? `${a}-${b}` : `${b}-${a}`;
}

/** A keyed checksum in place of Ed25519: thousands of routers run in a second. The real one is tested with the codec. */
function cheapSigner(self: number): AdvertisementSigner {
  const checksum = (key: number, body: Uint8Array): Uint8Array => {
    let hash = key ^ 0x811c_9dc5;
    for (const byte of body) hash = Math.imul(hash ^ byte, 0x0100_0193);
    const signature = new Uint8Array(64);
    new DataView(signature.buffer).setUint32(0, hash >>> 0);
    return signature;
  };
  return {
    sign: (body) => checksum(self, body),
    verify: (origin, body, signature) => Buffer.compare(checksum(origin, body), signature) === 0,
  };
}
