import type { MeshCore, MeshEvent } from '@peermesh/mesh-core';
import type { Logger } from '@peermesh/telemetry';
import type { NodeKey } from '../identity/index.ts';
import { KeyKeeper, KeyRing, SealingKey } from '../keys/index.ts';
import type { KeptRevocations, NodeState, NodeStateStore } from '../store/index.ts';
import type { Transport, TransportCredentials } from '../transport/index.ts';
import { CredentialKeeper, transportCredentials } from './credential-keeper.ts';
import type { NodeCredentials } from './credentials.ts';
import { KnownPeers } from './known-peers.ts';
import type { MeshDriver } from './mesh-driver.ts';
import { RevocationBook } from './revocations.ts';

const HOUR_MS = 3_600_000;

interface NodeSecurityParts {
  /** The node's folder. */
  readonly home: string;
  readonly key: NodeKey;
  readonly store: NodeStateStore;
  readonly kept: NodeState;
  readonly keyEpochHours: number;
  readonly logger: Logger;
  /** Unix time, ms. */
  readonly wallMs: () => number;
}

/**
 * Who this node is to others and whom it believes, while it runs: its certificate, who is revoked, whom it knew, and the keys of
 * the mesh. Follows the files in its folder and the control group.
 */
export class NodeSecurity {
  readonly sealing: SealingKey;
  readonly ring = new KeyRing();
  readonly credentials: CredentialKeeper;
  readonly revocations: RevocationBook;
  readonly peers: KnownPeers;
  readonly #parts: NodeSecurityParts;
  #running: { readonly driver: MeshDriver; readonly transport: Transport; readonly keys: KeyKeeper } | null = null;
  #isAnnouncing = false;

  private constructor(parts: NodeSecurityParts, sealing: SealingKey) {
    const { home: folder, key, kept, logger, wallMs } = parts;
    this.#parts = parts;
    this.sealing = sealing;
    this.peers = new KnownPeers(kept.peers);
    this.revocations = new RevocationBook(kept.revocations, (revocations) => this.#keep(revocations));
    const { nodeId } = key;
    const onChanged = (changed: NodeCredentials): void => this.#take(changed);
    this.credentials = new CredentialKeeper({ folder, nodeId, logger, wallMs, onChanged });
    if (this.credentials.current !== null) this.revocations.list(this.credentials.current.revocations);
  }

  static async open(parts: NodeSecurityParts): Promise<NodeSecurity> {
    return new NodeSecurity(parts, await SealingKey.of(parts.key));
  }

  get keys(): KeyKeeper {
    if (this.#running === null) throw new Error('the node does not run yet');
    return this.#running.keys;
  }

  transportCredentials(meshId: string): TransportCredentials | null {
    const { current } = this.credentials;
    return current === null ? null : transportCredentials(current, meshId);
  }

  start(driver: MeshDriver, transport: Transport, now: () => number): void {
    const { logger, keyEpochHours, wallMs } = this.#parts;
    const { core } = driver;
    const keys = new KeyKeeper({
      core,
      ask: (body, operator) => driver.operation((mesh, nowMs) => mesh.command(body, { operator }, nowMs)),
      sealing: this.sealing,
      ring: this.ring,
      logger,
      wallMs,
      now,
      ageMsMax: keyEpochHours * HOUR_MS,
    });
    this.#running = { driver, transport, keys };
    this.#follow(core);
  }

  onEvent(event: MeshEvent, core: MeshCore): void {
    if (event.kind === 'removed') this.peers.clear();
    if (event.kind === 'changed' || event.kind === 'restored' || event.kind === 'removed') this.#follow(core);
  }

  /** Every few seconds. */
  tick(): void {
    this.credentials.check();
    if (this.#running === null) return;
    const { core } = this.#running.driver;
    this.#follow(core);
    const peers = this.peers.look(core, this.#parts.wallMs());
    if (peers !== null) this.#settle(this.#parts.store.setPeers(peers), 'known peers could not be kept');
    this.#settle(this.#announce(), 'the certificate could not be announced');
  }

  #follow({ session }: MeshCore): void {
    const running = this.#running;
    if (running === null) return;
    if (session !== null && this.revocations.follow(session.plane.state)) running.transport.dropRevoked();
    this.#settle(running.keys.work(), 'the keys of the mesh could not be kept');
  }

  #take(changed: NodeCredentials): void {
    this.revocations.list(changed.revocations);
    if (this.#running === null) return;
    const { driver, transport } = this.#running;
    transport.setCredentials(transportCredentials(changed, driver.core.session?.plane.state.meshId ?? ''));
    transport.dropRevoked();
  }

  /** Tells the control group which certificate this node has, so that it can be revoked by name. */
  async #announce(): Promise<void> {
    const { current } = this.credentials;
    const { driver } = this.#running!;
    const { session } = driver.core;
    if (current === null || session === null || !session.isCurrent || this.#isAnnouncing) return;
    const { shortId } = session;
    const self = session.plane.state.members.get(shortId);
    const { serialNumber: certificate } = current;
    if (self === undefined || self.certificate === certificate || session.plane.raftStatus.leader === 0) return;
    this.#isAnnouncing = true;
    const { certificateVersion: expectedVersion } = self;
    const body = { kind: 'rotateCertificate', shortId, certificate, expectedVersion } as const;
    try {
      const outcome = await driver.operation((mesh, nowMs) => mesh.command(body, {}, nowMs));
      this.#parts.logger.info({ certificate, outcome: outcome.kind }, 'the mesh was told of the certificate');
    } finally {
      this.#isAnnouncing = false;
    }
  }

  #keep(revocations: KeptRevocations): void {
    const { nodeIds, serialNumbers } = revocations;
    this.#parts.logger.info(
      { nodes: nodeIds.length, certificates: serialNumbers.length },
      'revocations of the mesh were taken over',
    );
    this.#settle(this.#parts.store.setRevocations(revocations), 'revocations could not be kept');
  }

  #settle(work: Promise<unknown>, failure: string): void {
    work.catch((error: unknown) => this.#parts.logger.error({ err: error }, failure));
  }
}
