import type { Mutant } from './mutant.ts';

const PACKAGE = 'packages/routing/src';

function routing(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id: `routing-${id}`, provenance, core: 'routing', file: `${PACKAGE}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of link-state protocols and of their path algorithms. */
export const ROUTING_MUTANTS: readonly Mutant[] = [
  routing(
    'drained-node-relays',
    'RFC 6987 (stub router): a node under maintenance carries nothing for others',
    'link-state/advertisement.ts',
    'return hasFlag(flags, NodeFlag.RELAY) && !hasFlag(flags, NodeFlag.DRAIN);',
    'return hasFlag(flags, NodeFlag.RELAY);',
  ),
  routing(
    'drain-parts-the-mesh',
    'RFC 6987, 3: of a stub router that is the only way, packets still go through it',
    'graph/last-resort.ts',
    'return isWholeWithout({ graph: sparing, dead }, draining) ? sparing : withLastResort(sparing, draining);',
    'return sparing;',
  ),
  routing(
    'epoch-ignored',
    'RFC 2328, 12.1.6: after a restart the sequence begins anew and older advertisements look newer',
    'link-state/advertisement.ts',
    'return a.epoch === b.epoch ? a.seq - b.seq : a.epoch - b.epoch;',
    'return a.seq - b.seq;',
  ),
  routing(
    'signature-ignored',
    'Nakibly et al., Persistent OSPF Attacks (NDSS 2012): a router advertises in the name of another',
    'link-state/database.ts',
    "if (!isSignatureValid(parsed, this.#signer)) return { outcome: 'refused', reason: 'forged' };",
    '',
  ),
  routing(
    'stranger-believed',
    'mesh rule: membership is authoritative in the control group; others are refused before verification',
    'link-state/database.ts',
    "if (!this.#members.isMember(origin)) return { outcome: 'refused', reason: 'not-a-member' };",
    '',
  ),
  routing(
    'evicted-member-stays',
    'mesh rule: what a removed member said is forgotten at once, not when it expires',
    'router/router.ts',
    'for (const origin of this.#database.removeStrangers()) this.#onGone(nowMs, origin);',
    'void nowMs;',
  ),
  routing(
    'own-past-not-overtaken',
    'RFC 2328, 13.4: a router that meets its own newer advertisement has to outdo it',
    'router/router.ts',
    'this.#originator.overtake(version);',
    '',
  ),
  routing(
    'refresh-not-flooded',
    'RFC 2328, 13.3: an unchanged advertisement is flooded too, or distant copies grow old',
    'link-state/flooding.ts',
    'this.flood(nowMs, offer.entry, neighbour.peer);',
    'if (offer.hasChanged) this.flood(nowMs, offer.entry, neighbour.peer);',
  ),
  routing(
    'repair-through-dead-node',
    'RFC 9855 (TI-LFA): the repair path is that of the topology without the failed node',
    'paths/repairs.ts',
    'nodes[neighbour] = 1;',
    'nodes[neighbour] = 0;',
  ),
  routing(
    'alternate-of-equal-cost',
    'RFC 5286, inequality 1 is strict: an alternate of equal cost may send the frame back',
    'graph/loop-free-alternates.ts',
    'const isLoopFree = distance < fromNeighbour[self]! + own.distance[target]!;',
    'const isLoopFree = distance <= fromNeighbour[self]! + own.distance[target]!;',
  ),
  routing(
    'pair-without-node-splitting',
    'Bhandari, Survivable Networks (1999): without split nodes the paths share relays',
    'graph/disjoint-pair.ts',
    'if (!isRelay || isOut || !this.#isSplit) this.#leave(state, node);',
    'this.#leave(state, node);',
  ),
  routing(
    'greedy-pair',
    'the trap topology of Suurballe (1974): removing the shortest path may leave no second one',
    'graph/disjoint-pair.ts',
    'if (isRelay) this.#backtrack(state, node);',
    '',
  ),
  routing(
    'yen-without-root-removal',
    'Yen (1971): without removing the nodes of the root path, later paths have loops',
    'graph/k-shortest-paths.ts',
    'this.#closePrefix(path, index, stamp);',
    '',
  ),
  routing(
    'better-link-skipped',
    'incremental SPF (McQuillan, Richer, Rosen 1980): a better link outside the tree can change the tree',
    'graph/topology-change.ts',
    'if (reached !== Number.POSITIVE_INFINITY && reached <= distance[after.targets[edge]!]!) return undefined;',
    '',
  ),
  routing(
    'stale-path-set-kept',
    'own rule: a set is kept only while its potentials are feasible on the new graph',
    'paths/path-set.ts',
    'if (Number.isFinite(through) && through <= throughMax) return undefined;',
    '',
  ),
];
