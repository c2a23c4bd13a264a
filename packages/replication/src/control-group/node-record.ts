import { list, record } from '../wire/composite.ts';
import { bytes, flag, number, text, type ValueOf } from '../wire/field.ts';
import { LIMITS } from './limits.ts';

const label = record({ key: text(LIMITS.nameBytes), value: text(LIMITS.textBytes) });

const described = {
  /** Unique among the members; for people. */
  name: text(LIMITS.nameBytes),
  /** Where others dial it; empty for a node that accepts no connection. */
  address: text(LIMITS.addressBytes),
  isInbound: flag,
  /** Whether it carries traffic of others. */
  isRelay: flag,
  region: text(LIMITS.nameBytes),
  tenant: text(LIMITS.nameBytes),
  labels: list(label, LIMITS.labels),
};

/** What a node says of itself and may change later. */
export const descriptionField = record(described);
export type NodeDescription = ValueOf<typeof descriptionField>;

const introduced = {
  ...described,
  /** Of the disk, made when the disk was first used: another one under the same key is a wiped disk. */
  volumeId: text(LIMITS.nameBytes),
  /** Public X25519 key that key epochs are wrapped for; empty when the node takes no part in them. */
  sealingKey: bytes(64),
  /** Serial number of its certificate in upper-case hex; empty without one. */
  certificate: text(LIMITS.textBytes),
};

/** What a node brings when it joins. */
export const introductionField = record(introduced);
export type NodeIntroduction = ValueOf<typeof introductionField>;

export const memberField = record({
  ...introduced,
  shortId: number(2 ** 32 - 1),
  /** base64url of its Ed25519 public key. */
  nodeId: text(LIMITS.nameBytes),
  isDraining: flag,
  certificateVersion: number(),
  admittedAtIndex: number(),
  admittedAtMs: number(),
});
/** A member of the mesh as the control group knows it. */
export type Member = ValueOf<typeof memberField>;
