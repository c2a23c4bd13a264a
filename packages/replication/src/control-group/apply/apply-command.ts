import type { Command } from '../command.ts';
import { LIMITS } from '../limits.ts';
import { type ControlResult, refused } from '../reason.ts';
import { admit, create } from './admit.ts';
import { type ApplyContext, memberOf } from './context.ts';
import {
  describe,
  drain,
  evict,
  leave,
  readmit,
  revokeCertificate,
  revokeIdentity,
  rotateCertificate,
} from './members.ts';
import { addJoinKey, grantKey, installKeys, listNode, removeJoinKey, set, setPolicy } from './settings.ts';

/** Checks what holds for every command, then does what this one says. */
export function applyCommand(context: ApplyContext, { header, body }: Command): ControlResult {
  const { state, index, changes } = context;
  if (body.kind === 'create') return create(context, body);
  if (state.meshId === '') return refused('no-mesh');
  // A member that was removed while its request was under way is nobody any more.
  if (!state.members.has(header.actor)) return refused('not-permitted');
  const isOverridden = header.override !== '' && header.operator !== '';
  if (header.health === 'CRITICAL' && !isReturn(context, body)) {
    if (body.kind !== 'evict') return refused('mesh-critical');
    if (!isOverridden) return refused('override-needed');
  }
  const result = dispatch(context, body);
  if (header.health !== 'CRITICAL' || body.kind !== 'evict' || !result.isDone) return result;
  const { actor, operator, override } = header;
  const what = `evict ${body.shortId}`;
  state.overrides.push({ index, atMs: state.clockMs, actor, operator, override, what });
  if (state.overrides.length > LIMITS.overrides) state.overrides.shift();
  changes.push({ kind: 'rule-overridden', actor, operator, override });
  return result;
}

/** A member that comes back changes nothing of who belongs, and it may be the very one whose absence is critical. */
function isReturn({ state }: ApplyContext, body: Command['body']): boolean {
  if (body.kind !== 'admit') return false;
  return memberOf(state, body.nodeId)?.volumeId === body.introduction.volumeId;
}

function dispatch(context: ApplyContext, body: Command['body']): ControlResult {
  switch (body.kind) {
    case 'create':
      return create(context, body);
    case 'admit':
      return admit(context, body);
    case 'leave':
      return leave(context, body);
    case 'evict':
      return evict(context, body);
    case 'readmit':
      return readmit(context, body);
    case 'describe':
      return describe(context, body);
    case 'drain':
      return drain(context, body);
    case 'rotateCertificate':
      return rotateCertificate(context, body);
    case 'revokeIdentity':
      return revokeIdentity(context, body);
    case 'revokeCertificate':
      return revokeCertificate(context, body);
    case 'set':
      return set(context, body);
    case 'setPolicy':
      return setPolicy(context, body);
    case 'addJoinKey':
      return addJoinKey(context, body);
    case 'removeJoinKey':
      return removeJoinKey(context, body);
    case 'list':
      return listNode(context, body);
    case 'installKeys':
      return installKeys(context, body);
    case 'grantKey':
      return grantKey(context, body);
  }
}
