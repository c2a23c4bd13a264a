import type { CommandBody } from '../command.ts';
import { LIMITS } from '../limits.ts';
import { type ControlResult, done, refused } from '../reason.ts';
import type { ApplyContext } from './context.ts';

type Body<K extends CommandBody['kind']> = Extract<CommandBody, { kind: K }>;

/** Changes one setting if nobody else did since it was read. */
export function set({ state, changes }: ApplyContext, body: Body<'set'>): ControlResult {
  const { space, key, value, expectedVersion } = body;
  if (key === '') return refused('bad-request');
  const settings = space === 'configuration' ? state.configuration : state.parameters;
  const version = settings.get(key)?.version ?? 0;
  if (version !== expectedVersion) return refused('version-conflict', version);
  if (value !== null && version === 0 && settings.size >= LIMITS.settings) return refused('limit-reached');
  state.settingVersion += 1;
  if (value === null) settings.delete(key);
  else settings.set(key, { value, version: state.settingVersion });
  changes.push({ kind: 'setting-changed', space, key });
  return done(value === null ? 0 : state.settingVersion);
}

export function setPolicy({ state, changes }: ApplyContext, body: Body<'setPolicy'>): ControlResult {
  const { policyVersion } = state;
  if (policyVersion !== body.expectedVersion) return refused('version-conflict', policyVersion);
  state.policy = body.policy;
  state.policyVersion = policyVersion + 1;
  changes.push({ kind: 'policy-changed', policy: body.policy });
  return done(state.policyVersion);
}

/** A key of the same id takes the place of the old one, uses and all. */
export function addJoinKey({ state, changes }: ApplyContext, { key }: Body<'addJoinKey'>): ControlResult {
  if (key.id === '' || key.hash === '') return refused('bad-request');
  if (!state.joinKeys.has(key.id) && state.joinKeys.size >= LIMITS.joinKeys) return refused('limit-reached');
  state.joinKeys.set(key.id, { key, uses: 0 });
  changes.push({ kind: 'admission-changed', what: 'join-key-added', subject: key.id });
  return done();
}

export function removeJoinKey({ state, changes }: ApplyContext, { id }: Body<'removeJoinKey'>): ControlResult {
  if (!state.joinKeys.delete(id)) return refused('unknown-key');
  changes.push({ kind: 'admission-changed', what: 'join-key-removed', subject: id });
  return done();
}

/** Puts a node on the admission list or takes it off; members stay members. */
export function listNode({ state, changes }: ApplyContext, { nodeId, isListed, note }: Body<'list'>): ControlResult {
  if (nodeId === '') return refused('bad-request');
  const { admissionList } = state;
  if (isListed && !admissionList.has(nodeId) && admissionList.size >= LIMITS.admissionList)
    return refused('limit-reached');
  if (isListed) admissionList.set(nodeId, note);
  else admissionList.delete(nodeId);
  changes.push({ kind: 'admission-changed', what: isListed ? 'listed' : 'unlisted', subject: nodeId });
  return done();
}

/** The next epoch, with one wrapped key for each member: whoever has left gets none. */
export function installKeys({ state, changes }: ApplyContext, { epoch, keys }: Body<'installKeys'>): ControlResult {
  if (epoch !== state.keyEpoch + 1) return refused('version-conflict', state.keyEpoch);
  const wrapped = new Map(keys.map(({ shortId, wrapped: bytes }) => [shortId, bytes]));
  const isWhole = wrapped.size === keys.length && wrapped.size === state.members.size;
  if (!isWhole || [...state.members.keys()].some((shortId) => !wrapped.has(shortId))) return refused('keys-incomplete');
  state.keyEpoch = epoch;
  state.keyEpochAtMs = state.clockMs;
  state.isKeyEpochDue = false;
  state.wrappedKeys = wrapped;
  changes.push({ kind: 'keys-installed', epoch });
  return done(epoch);
}

/** The current key for a member that came after it was made. */
export function grantKey({ state, changes }: ApplyContext, body: Body<'grantKey'>): ControlResult {
  if (body.epoch === 0 || body.epoch !== state.keyEpoch) return refused('version-conflict', state.keyEpoch);
  if (!state.members.has(body.shortId)) return refused('unknown-node');
  state.wrappedKeys.set(body.shortId, body.wrapped);
  changes.push({ kind: 'keys-installed', epoch: body.epoch });
  return done(body.epoch);
}
