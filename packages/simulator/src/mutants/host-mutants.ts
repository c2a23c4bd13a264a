import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/consensus/src';

function host(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id: `host-${id}`, provenance, core: 'groups', file: `${PACKAGE}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of a host of many groups: of silence, and of batches that several groups share. */
export const HOST_MUTANTS: readonly Mutant[] = [
  host(
    'answers-before-the-disk',
    'NATS JetStream (Jepsen, 2025): an acknowledgement leaves before what it acknowledges is on the disk',
    'host/batch-builder.ts',
    'const frames = this.#outbox.take();\n    for (const { hosted, ready } of this.#parts)\n      for (const message of ready.messagesAfterPersist) this.#outbox.add(hosted.id, message, false);',
    'for (const { hosted, ready } of this.#parts)\n      for (const message of ready.messagesAfterPersist) this.#outbox.add(hosted.id, message, false);\n    const frames = this.#outbox.take();',
  ),
];
