import type { KeyObject } from 'node:crypto';
import { createPrivateKey, sign, verify } from 'node:crypto';
import { type NodeKey, publicKeyBytes, publicKeyOf } from '@peermesh/mesh-node/identity';
import {
  type Connection,
  createTransport,
  DEFAULT_TRANSPORT_LIMITS,
  type Transport,
  type TransportCredentials,
} from '@peermesh/mesh-node/transport';
import { DEFAULT_OVERLAY, Overlay, type OverlayDelivery, type OverlaySigner } from '@peermesh/overlay';
import { NodeFlag } from '@peermesh/routing';
import type { NodeSetup } from './protocol.ts';

const MESH_ID = 'bench';

/** One overlay on WebSockets: what comes in during a turn of the event loop is worked off at its end. */
export class OverlayNode {
  readonly overlay: Overlay;
  readonly transport: Transport;
  /** Called before each turn's work; true when it wants another turn at once. */
  onTurn: (nowMs: number) => boolean = () => false;
  readonly #onDelivery: (delivery: OverlayDelivery) => void;
  readonly #connections = new Map<number, Connection>();
  readonly #dialled = new Map<string, string>();
  readonly #turn = (): void => this.#work();
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(setup: NodeSetup, key: NodeKey, onDelivery: (delivery: OverlayDelivery) => void) {
    this.#onDelivery = onDelivery;
    const self = setup.members.find(({ nodeId }) => nodeId === key.nodeId)!;
    const isInbound = self.address !== '';
    const members = setup.members.map(({ shortId, nodeId, address }) => ({
      shortId,
      nodeId,
      address,
      flags: address === '' ? 0 : NodeFlag.INBOUND | NodeFlag.RELAY,
    }));
    this.overlay = new Overlay({
      meshId: MESH_ID,
      nodeId: key.nodeId,
      bootEpoch: 1,
      flags: isInbound ? NodeFlag.INBOUND | NodeFlag.RELAY : 0,
      config: DEFAULT_OVERLAY,
      signer: signerOf(key.privateKey),
      random: Math.random,
      nowMs: performance.now(),
    });
    this.transport = createTransport(
      {
        key,
        incarnation: (Math.random() * 2 ** 32) >>> 0,
        link: DEFAULT_OVERLAY.link,
        listens: isInbound ? [self.address] : [],
        credentials: credentialsOf(setup),
        isRevoked: () => false,
        now: Date.now,
        limits: DEFAULT_TRANSPORT_LIMITS,
      },
      {
        onConnection: (connection) => this.#onConnection(connection),
        onBatch: (connection, bytes) => {
          this.overlay.received(connection.id, bytes, performance.now());
          this.wake();
        },
        onClosed: (connection) => {
          this.#connections.delete(connection.id);
          this.overlay.disconnected(connection.id, performance.now());
          this.wake();
        },
        onDialFailed: (address, lane) => {
          this.overlay.dialFailed(address, lane, performance.now());
          this.wake();
        },
      },
    );
    for (const { nodeId, address } of setup.members) if (address !== '') this.#dialled.set(nodeId, address);
    this.overlay.setMembers(members, performance.now());
  }

  async start(): Promise<void> {
    if (this.#dialled.has(this.overlay.nodeId)) await this.transport.listen();
    this.wake();
  }

  /** Works at the end of this turn of the event loop. */
  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  #onConnection(connection: Connection): void {
    this.#connections.set(connection.id, connection);
    const { id, peer, lane, established, isDialled } = connection;
    const address = isDialled ? this.#dialled.get(peer) : undefined;
    const info = { peer, lane, established, isDialled, ...(address === undefined ? {} : { address }) };
    this.overlay.connected(id, info, performance.now());
    this.wake();
  }

  #work(): void {
    this.#isScheduled = false;
    const nowMs = performance.now();
    const wantsMore = this.onTurn(nowMs);
    if (nowMs >= this.overlay.wakeAtMs) this.overlay.tick(nowMs);
    const { writes, dials, closes, deliveries, spentBatches } = this.overlay.takeReady(nowMs);
    for (const { connection, bytes } of writes) this.#connections.get(connection)?.send(bytes);
    for (const bytes of spentBatches) this.transport.recycle(bytes);
    for (const { address, lane, peer } of dials) this.transport.dial(address, lane, peer);
    for (const { connection, reason } of closes) this.#connections.get(connection)?.close(reason);
    for (const delivery of deliveries) this.#onDelivery(delivery);
    clearTimeout(this.#timer);
    const waitMs = this.overlay.wakeAtMs - performance.now();
    if (wantsMore || waitMs <= 0) this.wake();
    else if (!this.#isScheduled) this.#timer = setTimeout(() => this.wake(), waitMs);
  }
}

function credentialsOf({ certificatePem, trustedPem }: NodeSetup): TransportCredentials | null {
  return certificatePem === null ? null : { meshId: MESH_ID, certificatePem, trustedPem };
}

/** The node key in a PEM text. */
export function keyOf(privateKeyPem: string, nodeId: string): NodeKey {
  return { nodeId, publicKey: publicKeyBytes(nodeId), privateKey: createPrivateKey(privateKeyPem), privateKeyPem };
}

function signerOf(privateKey: KeyObject): OverlaySigner {
  return {
    sign: (body) => new Uint8Array(sign(null, body, privateKey)),
    verify: (nodeId, body, signature) => verify(null, body, publicKeyOf(nodeId), signature),
  };
}
