import { Overlay, type OverlayInheritance } from '@peermesh/overlay';
import { type CommandBody, joinKeyHash, type NodeIntroduction } from '@peermesh/replication';
import { NodeFlag } from '@peermesh/routing';
import type { MeshCoreOptions, MeshSelf, SeedWish } from './mesh-core-options.ts';

const VOLUME_ID_CHARACTERS = 48;

/** What a node says of itself when it joins. A disk that lost its log counts as another disk: it gets another short id. */
export function introductionOf(self: MeshSelf, isLogLost: boolean): NodeIntroduction {
  const { bootEpoch, sealingKey, certificate, description } = self;
  const volumeId = isLogLost ? `${self.volumeId.slice(0, VOLUME_ID_CHARACTERS)}+${bootEpoch}` : self.volumeId;
  return { ...description, volumeId, sealingKey, certificate };
}

/** @param inheritance what the last overlay of this process left, if there was one. */
export function overlayOf(
  { self, signer, random, config }: MeshCoreOptions,
  meshId: string,
  inheritance: OverlayInheritance | undefined,
  nowMs: number,
): Overlay {
  const { nodeId, bootEpoch, description } = self;
  const { isInbound, isRelay } = description;
  const flags = (isInbound ? NodeFlag.INBOUND : 0) | (isRelay ? NodeFlag.RELAY : 0);
  const shared = { meshId, nodeId, bootEpoch, flags, signer, random, nowMs };
  return new Overlay({ ...shared, config: config.overlay, inheritance });
}

/** The command that begins a mesh; it holds hashes of the join keys. */
export function createCommand(
  { meshId, policy, joinKeys }: SeedWish,
  nodeId: string,
  founder: NodeIntroduction,
): CommandBody {
  const keys = joinKeys.map(({ id, secret, expiresAtMs, usesMax }) => {
    return { id, hash: joinKeyHash(meshId, secret), expiresAtMs, usesMax };
  });
  return { kind: 'create', meshId, policy, nodeId, founder, joinKeys: keys };
}
