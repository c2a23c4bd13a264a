import type { CommandBody } from '../command.ts';
import { LIMITS } from '../limits.ts';
import type { Member, NodeIntroduction } from '../node-record.ts';
import { type ControlReason, type ControlResult, done, refused } from '../reason.ts';
import { type ApplyContext, memberOf, removeMember } from './context.ts';

type Body<K extends CommandBody['kind']> = Extract<CommandBody, { kind: K }>;

/** The first command of a mesh: its founder is the first member. */
export function create(
  context: ApplyContext,
  { meshId, policy, nodeId, founder, joinKeys }: Body<'create'>,
): ControlResult {
  const { state } = context;
  if (state.meshId !== '') return refused('mesh-exists');
  if (meshId === '' || !isWellFormed(founder, nodeId)) return refused('bad-request');
  if (joinKeys.some(({ id, hash }) => id === '' || hash === '')) return refused('bad-request');
  state.meshId = meshId;
  state.incarnation = context.header.requestId;
  state.createdAtMs = state.clockMs;
  state.policy = policy;
  state.policyVersion = 1;
  for (const key of joinKeys) state.joinKeys.set(key.id, { key, uses: 0 });
  context.changes.push({ kind: 'mesh-created', meshId });
  return done(install(context, nodeId, founder));
}

/**
 * Lets a node in. The same key on the same disk is the same member and keeps its short id; the same key on another disk
 * gets a new one and the old is gone for good, so that a wiped replica never votes under its old name.
 */
export function admit(context: ApplyContext, body: Body<'admit'>): ControlResult {
  const { state } = context;
  const { meshId, nodeId, introduction } = body;
  if (state.meshId === '') return refused('no-mesh');
  if (state.meshId !== meshId) return refused('wrong-mesh');
  if (!isWellFormed(introduction, nodeId)) return refused('bad-request');
  const banned = bannedBy(context, nodeId, introduction.certificate);
  if (banned !== null) return refused(banned);
  const known = memberOf(state, nodeId);
  const conflict = conflictWith(context, nodeId, introduction);
  if (conflict !== null) return refused(conflict);
  if (known?.volumeId === introduction.volumeId) return done(update(context, known, introduction));
  const refusal = known === undefined ? useKey(context, body) : null;
  if (refusal !== null) return refused(refusal);
  if (state.members.size >= LIMITS.members || state.nextShortId >= 2 ** 32 - 1) return refused('limit-reached');
  if (known !== undefined) removeMember(context, known, 'replaced', 'another disk under the same key');
  return done(install(context, nodeId, introduction));
}

function bannedBy({ state }: ApplyContext, nodeId: string, certificate: string): ControlReason | null {
  if (state.revokedIdentities.has(nodeId)) return 'revoked';
  if (certificate !== '' && state.revokedCertificates.has(certificate)) return 'revoked';
  return state.evicted.has(nodeId) ? 'evicted' : null;
}

function conflictWith(
  { state }: ApplyContext,
  nodeId: string,
  { name, volumeId }: NodeIntroduction,
): ControlReason | null {
  for (const member of state.members.values()) {
    if (member.nodeId === nodeId) continue;
    if (member.name === name) return 'name-taken';
    if (member.volumeId === volumeId) return 'volume-taken';
  }
  return null;
}

/** Whether the join policy lets a newcomer in; counts the use of its key. */
function useKey({ state }: ApplyContext, { nodeId, keyHash }: Body<'admit'>): ControlReason | null {
  if (state.policy === 'OPEN') return null;
  if (state.policy === 'CLOSED') return state.admissionList.has(nodeId) ? null : 'mesh-closed';
  if (keyHash === '') return 'key-missing';
  for (const [id, { key, uses }] of state.joinKeys) {
    if (key.hash !== keyHash) continue;
    if (key.expiresAtMs !== 0 && key.expiresAtMs <= state.clockMs) return 'key-expired';
    if (key.usesMax !== 0 && uses >= key.usesMax) return 'key-used-up';
    state.joinKeys.set(id, { key, uses: uses + 1 });
    return null;
  }
  return 'key-wrong';
}

function install(context: ApplyContext, nodeId: string, introduction: NodeIntroduction): number {
  const { state, index } = context;
  const shortId = state.nextShortId++;
  const member: Member = {
    ...introduction,
    shortId,
    nodeId,
    isDraining: false,
    certificateVersion: 1,
    admittedAtIndex: index,
    admittedAtMs: state.clockMs,
  };
  state.members.set(shortId, member);
  context.changes.push({ kind: 'member-admitted', member });
  return shortId;
}

/** A member that joins again says anew what it is; its keys and its drain flag stay. */
function update(context: ApplyContext, known: Member, introduction: NodeIntroduction): number {
  const isRenewed = introduction.certificate !== known.certificate;
  // What was wrapped for another sealing key cannot be opened any more: it is granted anew.
  if (Buffer.compare(introduction.sealingKey, known.sealingKey) !== 0) context.state.wrappedKeys.delete(known.shortId);
  const member = {
    ...known,
    ...introduction,
    certificateVersion: known.certificateVersion + (isRenewed ? 1 : 0),
  };
  context.state.members.set(known.shortId, member);
  context.changes.push({ kind: 'member-updated', member });
  return known.shortId;
}

function isWellFormed({ name, volumeId, labels }: NodeIntroduction, nodeId: string): boolean {
  const keys = new Set(labels.map(({ key }) => key));
  return name !== '' && volumeId !== '' && nodeId !== '' && keys.size === labels.length && !keys.has('');
}
