import { meshErrors, type PeerMeshError } from '@peermesh/errors';
import type { MeshCore, OperationOutcome } from '@peermesh/mesh-core';
import type { MeshDriver } from './mesh-driver.ts';
import { changeError } from './outcome-error.ts';

/**
 * Why a member is not removed. The control group holds back the removal of a voter without whom those who stay could not decide,
 * and says nothing of it: that is told by who is away when nobody has taken the request in time.
 * @param shortId of the member, 0 when there is no such member
 */
export function removalError(driver: MeshDriver, outcome: OperationOutcome, shortId: number): PeerMeshError {
  const isOpen = outcome.kind === 'not-taken' || outcome.kind === 'unknown';
  const away = isOpen ? (driver.run((core, nowMs) => votersAway(core, shortId, nowMs)) ?? []) : [];
  if (away.length === 0) return changeError(outcome);
  const names = away.join(', ');
  const detail = `The node votes, and those who stay may be too few to decide without it while ${names} cannot be reached: bring back or evict ${names} first.`;
  const error = outcome.kind === 'not-taken' ? meshErrors.voteNeeded : meshErrors.outcomeUnknown;
  return error({ detail, meta: { away: names } });
}

/** Names of the other voters that cannot be reached; nobody when the member has no vote, or there is no leader to hold it back. */
function votersAway({ session }: Pick<MeshCore, 'session'>, shortId: number, nowMs: number): readonly string[] {
  if (session === null || session.plane.raftStatus.leader === 0) return [];
  const { state, replica } = session.plane;
  const voters = new Set(replica.configuration.voters);
  if (!voters.delete(shortId)) return [];
  const away = session.plane.unreachable(nowMs).filter((id) => voters.has(id));
  return away.map((id) => state.members.get(id)?.name ?? String(id));
}
