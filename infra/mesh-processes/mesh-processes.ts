import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LinkSwitch } from './link-switch.ts';
import { MeshProcess, type MeshProcessOptions } from './mesh-process.ts';
import { type Operator, startOperator } from './operator.ts';
import { ownerOfPort } from './socket-owner.ts';

const POLL_MS = 25;
const PATIENCE_MS = 60_000;

/**
 * Mesh nodes as real processes on this machine, with every connection between them through a {@link LinkSwitch}: to be
 * killed, stopped, cut off and started again. Needs no other server. Linux only: a link is told by the owners of its sockets.
 */
export class MeshProcesses {
  readonly links: LinkSwitch;
  readonly operator: Operator;
  readonly folder: string;
  readonly #nodes: MeshProcess[] = [];
  readonly #nameOfPid = new Map<number, string>();

  private constructor(operator: Operator) {
    this.operator = operator;
    this.folder = mkdtempSync(join(tmpdir(), 'peermesh-nodes-'));
    this.links = new LinkSwitch((port) => {
      const pid = ownerOfPort(port, [...this.#nameOfPid.keys()]);
      return pid === null ? null : (this.#nameOfPid.get(pid) ?? null);
    });
  }

  static async open(): Promise<MeshProcesses> {
    return new MeshProcesses(await startOperator());
  }

  get nodes(): readonly MeshProcess[] {
    return this.#nodes;
  }

  /** The node of this name. */
  node(name: string): MeshProcess {
    const node = this.#nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`no node is called ${name}`);
    return node;
  }

  /** Starts a node and waits until it is ready. */
  async start(
    name: string,
    options: Partial<Pick<MeshProcessOptions, 'isInbound' | 'env' | 'wrapper'>> = {},
  ): Promise<MeshProcess> {
    const { operator, links, folder } = this;
    const onSpawn = (node: string, pid: number): void => void this.#nameOfPid.set(pid, node);
    const node = await MeshProcess.create({ isInbound: true, ...options, name, operator, links, folder, onSpawn });
    // What is being started is stopped by `close` as well.
    this.#nodes.push(node);
    await node.restart();
    return node;
  }

  /** The first of these nodes seeds a mesh, the others join it there. @returns the key to join with */
  async form(meshId: string, nodes: readonly MeshProcess[] = this.#nodes): Promise<string> {
    const [first, ...others] = nodes;
    if (first?.address == null) throw new Error('the first node must accept connections');
    const { body } = await first.client.seed({ body: { meshId, joinPolicy: 'key_required' } });
    const joinKey = body.joinKey ?? '';
    for (const { client } of others) await client.join({ body: { meshId, addresses: [first.address], joinKey } });
    return joinKey;
  }

  /** Waits until each of these nodes sees all of them, a leader, and every link that there can be. */
  async settled(nodes: readonly MeshProcess[] = this.#nodes): Promise<void> {
    const inbound = nodes.filter(({ address }) => address !== null).length;
    const outbound = nodes.length - inbound;
    const links = inbound * (inbound - 1) + 2 * inbound * outbound;
    await this.until('the mesh has settled', async () => {
      for (const { client } of nodes) {
        const [{ body: mesh }, { body: topology }] = await Promise.all([client.getMesh({}), client.getTopology({})]);
        if (mesh.leader === null || mesh.members !== nodes.length || mesh.unreachable > 0) return false;
        if (topology.links.length !== links) return false;
      }
      return true;
    });
  }

  /** The node that leads the control group, as another one has it. */
  async leader(asSeenBy: MeshProcess): Promise<MeshProcess> {
    const name = await this.leaderName(asSeenBy);
    return this.node(name ?? 'the leader, of which there is none');
  }

  /** Name of the leader, as a node has it; null while it knows none. */
  async leaderName({ client }: MeshProcess): Promise<string | null> {
    const { body: mesh } = await client.getMesh({});
    if (mesh.leader === null) return null;
    const { body: node } = await client.getNode({ params: { node: String(mesh.leader) } });
    return node.name;
  }

  /** Of these nodes the one that exchanges most bytes with another, looked at for so long: where its traffic goes. */
  async busiestPeer(node: MeshProcess, peers: readonly MeshProcess[], lookMs: number): Promise<MeshProcess> {
    const passed = (): number[] => peers.map(({ name }) => this.links.passedBytes(node.name, name));
    const before = passed();
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    const rates = passed().map((bytes, index) => bytes - (before[index] ?? 0));
    const busiest = peers[rates.indexOf(Math.max(...rates))];
    if (busiest === undefined) throw new Error(`${node.name} has no peers to choose from`);
    return busiest;
  }

  /** Asks again and again until it is so; a question that fails counts as no. */
  async until(what: string, isSo: () => Promise<boolean>, timeoutMs = PATIENCE_MS): Promise<void> {
    let cause: unknown;
    for (const begin = performance.now(); performance.now() < begin + timeoutMs; ) {
      try {
        if (await isSo()) return;
      } catch (error) {
        cause = error;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
  }

  /** Stops every process and removes what they had on the disk. */
  async close(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()));
    this.links.stop();
    this.operator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
