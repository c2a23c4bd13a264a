import type { CommandBody } from '../command.ts';
import { LIMITS } from '../limits.ts';
import type { Member } from '../node-record.ts';
import { type ControlResult, done, refused } from '../reason.ts';
import { type ApplyContext, maySpeakFor, memberOf, removeMember } from './context.ts';

type Body<K extends CommandBody['kind']> = Extract<CommandBody, { kind: K }>;

export function leave(context: ApplyContext, { shortId }: Body<'leave'>): ControlResult {
  const member = context.state.members.get(shortId);
  if (member === undefined) return refused('unknown-node');
  if (!maySpeakFor(context, shortId)) return refused('not-permitted');
  if (context.state.members.size === 1) return refused('last-member');
  removeMember(context, member, 'left', '');
  return done();
}

/** Holds until an operator lifts it: what was evicted does not come back by itself. */
export function evict(context: ApplyContext, { shortId, note }: Body<'evict'>): ControlResult {
  const { state, header } = context;
  const member = state.members.get(shortId);
  if (member === undefined) return refused('unknown-node');
  if (state.members.size === 1) return refused('last-member');
  if (state.evicted.size >= LIMITS.evicted) return refused('limit-reached');
  const { operator, actor: by } = header;
  state.evicted.set(member.nodeId, { note, atMs: state.clockMs, by, operator });
  removeMember(context, member, 'evicted', note);
  return done();
}

export function readmit({ state, changes }: ApplyContext, { nodeId }: Body<'readmit'>): ControlResult {
  if (!state.evicted.delete(nodeId)) return refused('unknown-node');
  changes.push({ kind: 'admission-changed', what: 'readmitted', subject: nodeId });
  return done();
}

export function describe(context: ApplyContext, { shortId, description }: Body<'describe'>): ControlResult {
  const { state } = context;
  const member = state.members.get(shortId);
  if (member === undefined) return refused('unknown-node');
  if (!maySpeakFor(context, shortId)) return refused('not-permitted');
  if (description.name === '') return refused('bad-request');
  for (const other of state.members.values()) {
    if (other.shortId !== shortId && other.name === description.name) return refused('name-taken');
  }
  replace(context, { ...member, ...description });
  return done();
}

export function drain(context: ApplyContext, { shortId, isDraining }: Body<'drain'>): ControlResult {
  const member = context.state.members.get(shortId);
  if (member === undefined) return refused('unknown-node');
  if (member.isDraining !== isDraining) replace(context, { ...member, isDraining });
  return done();
}

export function rotateCertificate(
  context: ApplyContext,
  { shortId, certificate, expectedVersion }: Body<'rotateCertificate'>,
): ControlResult {
  const { state } = context;
  const member = state.members.get(shortId);
  if (member === undefined) return refused('unknown-node');
  if (!maySpeakFor(context, shortId)) return refused('not-permitted');
  if (certificate === '') return refused('bad-request');
  if (state.revokedCertificates.has(certificate)) return refused('revoked');
  const { certificateVersion } = member;
  if (certificateVersion !== expectedVersion) return refused('version-conflict', certificateVersion);
  replace(context, { ...member, certificate, certificateVersion: certificateVersion + 1 });
  return done(certificateVersion + 1);
}

/** For good, and whether or not the node is a member now. */
export function revokeIdentity(context: ApplyContext, { nodeId, note }: Body<'revokeIdentity'>): ControlResult {
  const { state } = context;
  if (nodeId === '') return refused('bad-request');
  const member = memberOf(state, nodeId);
  if (member !== undefined && state.members.size === 1) return refused('last-member');
  if (state.revokedIdentities.size >= LIMITS.evicted) return refused('limit-reached');
  state.revokedIdentities.set(nodeId, note);
  context.changes.push({ kind: 'identity-revoked', nodeId, note });
  if (member !== undefined) removeMember(context, member, 'revoked', note);
  return done();
}

/** The member that has it stays, and needs another one to connect. */
export function revokeCertificate(context: ApplyContext, body: Body<'revokeCertificate'>): ControlResult {
  const { state, changes } = context;
  const { certificate, note } = body;
  if (certificate === '') return refused('bad-request');
  if (state.revokedCertificates.size >= LIMITS.evicted) return refused('limit-reached');
  state.revokedCertificates.set(certificate, note);
  changes.push({ kind: 'certificate-revoked', certificate, note });
  return done();
}

function replace({ state, changes }: ApplyContext, member: Member): void {
  state.members.set(member.shortId, member);
  changes.push({ kind: 'member-updated', member });
}
