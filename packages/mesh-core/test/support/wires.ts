import { type Established, type Hello, linkEpochOf } from '@peermesh/link';
import { DEFAULT_OVERLAY } from '@peermesh/overlay';
import type { MeshNet, TestNode } from './mesh-net.ts';

interface End {
  readonly node: TestNode;
  readonly id: number;
  readonly life: number;
}

interface Wire {
  readonly ends: readonly [End, End];
  isOpen: boolean;
}

const LATENCY_MS = 1;

/** Connections between nodes: in order, 1 ms long, and silent where they are cut. */
export class Wires {
  readonly #net: MeshNet;
  readonly #wires = new Map<number, Wire>();
  #ids = 0;

  constructor(net: MeshNet) {
    this.#net = net;
  }

  dial(node: TestNode, address: string, lane: number): void {
    const target = [...this.#net.nodes.values()].find((other) => other.address === address);
    const { life } = node;
    this.#net.after(2 * LATENCY_MS, () => {
      if (!node.isUp || node.life !== life) return;
      if (target === undefined || !target.isUp || this.#net.isCut(node.name, target.name)) {
        node.core.dialFailed(address, lane, this.#net.nowMs);
      } else this.#connect(node, target, address, lane);
    });
  }

  write(node: TestNode, connection: number, bytes: Uint8Array): void {
    const wire = this.#wires.get(connection);
    if (wire === undefined || !wire.isOpen) return;
    const other = wire.ends[0].id === connection ? wire.ends[1] : wire.ends[0];
    if (this.#net.isCut(node.name, other.node.name)) return;
    const copy = bytes.slice();
    this.#net.after(LATENCY_MS, () => {
      if (wire.isOpen && other.node.isUp && other.node.life === other.life)
        other.node.core.received(other.id, copy, this.#net.nowMs);
    });
  }

  close(connection: number): void {
    const wire = this.#wires.get(connection);
    if (wire !== undefined) this.#close(wire);
  }

  closeAll(node: TestNode): void {
    for (const wire of this.#wires.values()) if (wire.ends.some((end) => end.node === node)) this.#close(wire);
  }

  #connect(from: TestNode, to: TestNode, address: string, lane: number): void {
    const ids = [++this.#ids, ++this.#ids] as const;
    const ends = [
      { node: from, id: ids[0], life: from.life },
      { node: to, id: ids[1], life: to.life },
    ] as const;
    const wire: Wire = { ends, isOpen: true };
    for (const id of ids) this.#wires.set(id, wire);
    const [a, b] = [hello(from, lane, 'initiator'), hello(to, lane, 'responder')];
    const established = (remote: Hello): Established => {
      return { remote, version: 1, features: 7, linkEpoch: linkEpochOf(a, b), transcript: new Uint8Array(32) };
    };
    const { nowMs } = this.#net;
    to.core.connected(ids[1], { peer: from.nodeId, lane, established: established(a), isDialled: false }, nowMs);
    this.#net.after(LATENCY_MS, () => {
      if (!from.isUp || from.life !== ends[0].life) return;
      const info = { peer: to.nodeId, lane, established: established(b), isDialled: true, address };
      from.core.connected(ids[0], info, this.#net.nowMs);
      if (!wire.isOpen) from.core.disconnected(ids[0], this.#net.nowMs);
    });
  }

  #close(wire: Wire): void {
    if (!wire.isOpen) return;
    wire.isOpen = false;
    for (const { node, id, life } of wire.ends) {
      this.#net.after(LATENCY_MS, () => {
        if (node.isUp && node.life === life) node.core.disconnected(id, this.#net.nowMs);
      });
    }
  }
}

function hello({ key, life }: TestNode, lane: number, role: Hello['role']): Hello {
  const { creditBytes } = DEFAULT_OVERLAY.link;
  const shared = { versionMin: 1, versionMax: 1, features: 7, nonce: new Uint8Array(16), creditBytes };
  return { ...shared, lane, role, incarnation: life, nodeId: key };
}
