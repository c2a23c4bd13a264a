import type {
  CreatedJoinKey,
  CreateJoinKey,
  EvictedNode,
  JoinKeyInfo,
  JoinPolicy,
  JoinPolicyState,
  KeyEpoch,
  ListedNode,
  MeshSetting,
  Revocation,
  Revoke,
} from '@peermesh/contracts/mesh';

/** Names a setting. */
export interface SettingName {
  readonly space: MeshSetting['space'];
  readonly key: string;
}

/**
 * What operators decide in a mesh besides its members. Reads answer from memory and throw `PM_MESH_NOT_MEMBER` without a mesh;
 * changes resolve when the control group has committed them and this node has seen it, and reject with a catalogue error.
 */
export interface MeshAdministration {
  joinKeys(): readonly JoinKeyInfo[];
  createJoinKey(wish: CreateJoinKey, operator: string): Promise<CreatedJoinKey>;
  revokeJoinKey(id: string, operator: string): Promise<void>;
  joinPolicy(): JoinPolicyState;
  setJoinPolicy(joinPolicy: JoinPolicy, expectedVersion: number, operator: string): Promise<JoinPolicyState>;
  admissions(): readonly ListedNode[];
  admit(nodeId: string, note: string, operator: string): Promise<void>;
  unlist(nodeId: string, operator: string): Promise<void>;
  evictions(): readonly EvictedNode[];
  readmit(nodeId: string, operator: string): Promise<void>;
  settings(): readonly MeshSetting[];
  /** @throws PM_COMMON_NOT_FOUND */
  setting(name: SettingName): MeshSetting;
  /** @param value null removes it */
  changeSetting(
    name: SettingName,
    value: string | null,
    expectedVersion: number,
    operator: string,
  ): Promise<MeshSetting | null>;
  keyEpoch(): KeyEpoch;
  rotateKeyEpoch(operator: string): Promise<KeyEpoch>;
  revocations(): readonly Revocation[];
  revoke(what: Revoke, operator: string): Promise<Revocation>;
}
