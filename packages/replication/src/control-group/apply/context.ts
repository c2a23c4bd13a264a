import type { ControlChange } from '../change.ts';
import type { CommandHeader } from '../command.ts';
import { LIMITS } from '../limits.ts';
import type { Member } from '../node-record.ts';
import type { ControlState, FormerMember } from '../state.ts';

/** What a command works on. */
export interface ApplyContext {
  readonly state: ControlState;
  readonly header: CommandHeader;
  readonly index: number;
  readonly changes: ControlChange[];
}

/** Whether the acting node may do this to that member: operators may everything, a node only speaks for itself. */
export function maySpeakFor({ header }: ApplyContext, shortId: number): boolean {
  return header.actor === shortId || header.operator !== '';
}

/** Takes a member out. Its keys are void: who knew them has gone. */
export function removeMember(context: ApplyContext, member: Member, why: FormerMember['why'], note: string): void {
  const { state, changes } = context;
  const { shortId, nodeId } = member;
  state.members.delete(shortId);
  state.wrappedKeys.delete(shortId);
  state.former.push({ shortId, nodeId, why, atMs: state.clockMs });
  if (state.former.length > LIMITS.former) state.former.shift();
  changes.push({ kind: 'member-removed', member, why, note });
  if (state.keyEpoch === 0 || state.isKeyEpochDue) return;
  state.isKeyEpochDue = true;
  changes.push({ kind: 'keys-due', epoch: state.keyEpoch + 1 });
}

export function memberOf(state: ControlState, nodeId: string): Member | undefined {
  for (const member of state.members.values()) if (member.nodeId === nodeId) return member;
  return undefined;
}
