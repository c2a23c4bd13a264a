import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/consensus/src';

function host(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id: `host-${id}`, provenance, core: 'groups', file: `${PACKAGE}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of a host of many groups: of silence, and of batches that several groups share. */
export const HOST_MUTANTS: readonly Mutant[] = [
  host(
    'silent-while-one-is-behind',
    'quiescence in CockroachDB: a leader that falls silent before a living follower has everything leaves it behind for good',
    'quiescence.ts',
    'for (const replica of progress.keys()) if (!isAway(replica) && !has(replica)) return false;',
    '',
  ),
  host(
    'silent-while-uncommitted',
    'quiescence in CockroachDB: a proposal under way is not rest',
    'quiescence.ts',
    'if (log.commit !== lastIndex || log.handedOut !== lastIndex || log.durable !== lastIndex) return false;',
    '',
  ),
  host(
    'follower-silent-out-of-step',
    'a follower falls silent on the word of its leader without having what the leader has',
    'host/hosted-group.ts',
    'const isSilent = isLast && this.node.isInStep(message);',
    'const isSilent = isLast;',
  ),
  host(
    'woken-group-does-not-tick',
    'a group that a message wakes has no clock: its elections never end',
    'host/group-host.ts',
    'if (!hosted.isSilent) this.#awake.add(hosted);',
    '',
  ),
  host(
    'asked-group-does-not-tick',
    'a silent leader takes a proposal and never sends it again',
    'host/group-host.ts',
    'hosted.wake();\n    this.#awake.add(hosted);',
    'hosted.wake();',
  ),
  host(
    'answers-before-the-disk',
    'NATS JetStream (Jepsen, 2025): an acknowledgement leaves before what it acknowledges is on the disk',
    'host/batch-builder.ts',
    'const frames = this.#outbox.take();\n    for (const { hosted, ready } of this.#parts)\n      for (const message of ready.messagesAfterPersist) this.#outbox.add(hosted.id, message, false);',
    'for (const { hosted, ready } of this.#parts)\n      for (const message of ready.messagesAfterPersist) this.#outbox.add(hosted.id, message, false);\n    const frames = this.#outbox.take();',
  ),
  host(
    'silent-with-news-on-its-way',
    'entries leave with the last heartbeat, and nobody sends them again',
    'host/hosted-group.ts',
    'if (entries.length > 0 || committed.length > 0) this.wake();',
    '',
  ),
];
