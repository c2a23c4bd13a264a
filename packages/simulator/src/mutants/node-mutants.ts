import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/mesh-core/src';

function node(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id: `node-${id}`, provenance, core: 'node', file: `${PACKAGE}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of how a node becomes, stays and ceases to be a member: where overlay, control group and disk meet. */
export const NODE_MUTANTS: readonly Mutant[] = [
  node(
    'no-doubt',
    'own: who was removed while it was away gets no log any more, and would wait for a leader for ever',
    'member-session.ts',
    'if (nowMs - this.#leaderSeenMs < doubtMs) return;',
    'if (doubtMs > 0) return;',
  ),
  node(
    'newcomer-goes-by-its-empty-log',
    'own: a newcomer takes messages of members only, and would learn who they are from their messages',
    'member-session.ts',
    'overlay.setMembers(this.isCurrent ? contactsOf(state) : contactsTold(self, this.#record.contacts), nowMs);',
    'overlay.setMembers(self.shortId > 0 ? contactsOf(state) : contactsTold(self, this.#record.contacts), nowMs);',
  ),
  node(
    'renumbered-member-missed',
    'own: who comes back under another id was never away for a failure detector that goes by keys',
    'member-session.ts',
    'if (present !== shortId && view !== undefined) this.#onReachable(present, isThere(view.state), nowMs);',
    'void view;',
  ),
];
