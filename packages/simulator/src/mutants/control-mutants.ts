import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/replication/src';

function control(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id: `control-${id}`, provenance, core: 'control', file: `${PACKAGE}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of the control group: of its state machine, its requests and its replicas. */
export const CONTROL_MUTANTS: readonly Mutant[] = [
  control(
    'short-id-given-twice',
    'mesh rule: short ids are never given again, so that a frame under way cannot reach somebody else',
    'control-group/apply/admit.ts',
    'const shortId = state.nextShortId++;',
    'const shortId = Math.max(0, ...state.members.keys()) + 1;',
  ),
  control(
    'evicted-let-in',
    'mesh rule: what an operator has evicted does not come back by itself',
    'control-group/apply/admit.ts',
    "return state.evicted.has(nodeId) ? 'evicted' : null;",
    'return null;',
  ),
  control(
    'eviction-not-kept',
    'memberlist and kin: who was thrown out joins again with the next message',
    'control-group/apply/members.ts',
    'state.evicted.set(member.nodeId, { note, atMs: state.clockMs, by, operator });',
    '',
  ),
  control(
    'voter-removed-with-its-vote',
    'own: of two voters one was evicted and stopped at once, and the other waited for its acknowledgement for ever',
    'plane/departures.ts',
    'return !voters.includes(shortId) && !outgoing.includes(shortId);',
    'return voters.length + outgoing.length > 0;',
  ),
  control(
    'removal-judged-by-what-is-applied',
    'own: the last member could not go, until the admission of the next one, which was in the log already, was applied',
    'plane/control-replica.ts',
    'if (isCommand(entry)) copy.apply(entry.index, entry.data);',
    'if (!isCommand(entry)) continue;',
  ),
  control(
    'returning-member-refused',
    'own: a newcomer that died before it was welcome made half of two unreachable, and could not come back because of that',
    'control-group/apply/apply-command.ts',
    "if (body.kind !== 'admit') return false;",
    'return body.kind === undefined;',
  ),
  control(
    'override-not-logged',
    'mesh rule: a rule is set aside by an operator only, and it is kept who and why',
    'control-group/apply/apply-command.ts',
    'state.overrides.push({ index, atMs: state.clockMs, actor, operator, override, what });',
    'void { index, what };',
  ),
  control(
    'clock-of-the-replica',
    'state machine replication (Schneider, 1990): a state machine that reads a clock of its own is no replica',
    'control-group/control-group.ts',
    'state.clockMs = Math.max(state.clockMs, header.atMs);',
    'state.clockMs += 1 + Math.round(Math.random());',
  ),
  control(
    'read-before-the-quorum',
    'etcd#20418: a read that no quorum confirmed is stale after a pause',
    'plane/own-requests.ts',
    '} else if (!this.#desk.confirm(this.#replica.id, requestId)) request.sendAtMs = nowMs + this.#config.tickMs;',
    '} else this.onReadAt(requestId, this.#replica.appliedIndex, nowMs);',
  ),
  control(
    'not-taken-after-sending',
    'Jepsen: an operation whose fate is unknown is reported as failed, and takes effect later',
    'plane/own-requests.ts',
    "this.#send(leader, { kind: 'request', command });\n      request.maybeTaken = true;",
    "this.#send(leader, { kind: 'request', command });",
  ),
  control(
    'members-never-vote',
    'a group whose founder is its only voter for ever ends with it',
    'plane/voter-manager.ts',
    'if (changes.length === 0) return;',
    'if (changes.length >= 0) return;',
  ),
  control(
    'snapshot-not-applied',
    'Raft, section 7: a follower that installs a snapshot and keeps its old state',
    'plane/control-replica.ts',
    'this.group.restore(snapshot.data);\n        this.#appliedIndex',
    'this.#appliedIndex',
  ),
  control(
    'promises-before-the-disk',
    'NATS JetStream (Jepsen, 2025): an acknowledgement leaves before what it acknowledges is on the disk',
    'plane/control-replica.ts',
    'if (ready.mustPersist) this.#write(ready);',
    'if (ready.mustPersist) this.#write(ready);\n      this.#frames.push(...ready.framesAfterPersist);',
  ),
];
