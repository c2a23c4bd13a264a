import { meshErrors, type PeerMeshError } from '@peermesh/errors';
import type { OperationOutcome } from '@peermesh/mesh-core';
import { CONTROL_REASONS, type ControlReason } from '@peermesh/replication';

const NO_QUORUM: ReadonlySet<ControlReason> = new Set(['mesh-critical', 'override-needed']);

/** Why a change of the mesh did not happen, as callers see it. */
export function changeError(outcome: OperationOutcome): PeerMeshError {
  switch (outcome.kind) {
    case 'refused':
      return refusal(outcome.reason);
    case 'not-a-member':
    case 'removed':
      return meshErrors.notMember();
    case 'already-a-member':
      return meshErrors.alreadyMember();
    case 'unreachable':
      return meshErrors.unreachable();
    case 'not-taken':
      return meshErrors.noQuorum({ retryAfterSeconds: 2 });
    default:
      return meshErrors.outcomeUnknown();
  }
}

/** Why a node was not let in. */
export function joinError(outcome: OperationOutcome): PeerMeshError {
  if (outcome.kind === 'already-a-member') return meshErrors.alreadyMember();
  if (outcome.kind !== 'refused') return meshErrors.joinTimedOut();
  const { reason } = outcome;
  return meshErrors.joinRefused({ detail: CONTROL_REASONS[reason], meta: { reason } });
}

function refusal(reason: ControlReason): PeerMeshError {
  const detail = CONTROL_REASONS[reason];
  if (reason === 'unknown-node') return meshErrors.nodeUnknown({ detail });
  const error = NO_QUORUM.has(reason) ? meshErrors.noQuorum : meshErrors.refused;
  return error({ detail, meta: { reason } });
}
