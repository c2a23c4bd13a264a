import type { Mutant } from './mutant.ts';

const FOLDER = 'packages/membership/src';

function mutant(id: string, provenance: string, file: string, find: string, replace: string): Mutant {
  return { id, provenance, core: 'membership', file: `${FOLDER}/${file}`, find, replace, seedsMax: 500 };
}

/** Bugs of failure detectors that the membership seeds have to find. */
export const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  mutant(
    'swim-no-rejoin',
    'hashicorp/memberlist#222: nodes isolated for long never come back',
    'anti-entropy.ts',
    'if (table.failedCount === 0 ||',
    'if (table.failedCount >= 0 ||',
  ),
  mutant(
    'swim-refute-same-incarnation',
    'SWIM section 4.2: a refutation that does not outbid the accusation is ignored',
    'self.ts',
    'Math.max(this.#incarnation, incarnation) + 1',
    'Math.max(this.#incarnation, incarnation)',
  ),
  mutant(
    'swim-suspicion-ends-at-once',
    'SWIM section 4.2: without the suspicion period a lost packet is a verdict',
    'suspicion.ts',
    'suspicion.endsAtMs = startedAtMs +',
    'suspicion.endsAtMs = startedAtMs + 0 *',
  ),
  mutant(
    'swim-suspicion-never-ends',
    'a suspicion whose timer is lost keeps the dead in the view',
    'suspicion.ts',
    'suspicion.endsAtMs = startedAtMs +',
    'suspicion.endsAtMs = Number.MAX_SAFE_INTEGER +',
  ),
  mutant(
    'swim-old-alive-resurrects',
    'SWIM section 4.2: alive in the incarnation of the verdict must not override it',
    'claim-rules.ts',
    'else if (incarnation > known.incarnation) this.#renew',
    'else if (incarnation >= known.incarnation) this.#renew',
  ),
  mutant(
    'swim-broadcasts-never-age',
    'memberlist TransmitLimitedQueue without its limit: claims are told for ever',
    'broadcast-queue.ts',
    'broadcast.transmits += 1;',
    'broadcast.transmits += 0;',
  ),
  mutant(
    'swim-packet-overflow',
    'hashicorp/memberlist: piggy-back that does not count the claim it adds outgrows the datagram',
    'broadcast-queue.ts',
    'writer.length + broadcast.bytes.length > bytesMax',
    'writer.length > bytesMax',
  ),
  mutant(
    'swim-health-ignored',
    'Lifeguard section IV-A: probe timeouts that do not follow the local health score',
    'local-health.ts',
    'return this.score + 1;',
    'return 1;',
  ),
  mutant(
    'swim-no-indirect-probes',
    'SWIM section 4.1: without helpers a single broken link is a death',
    'prober.ts',
    'table.pickActive(config.indirectProbes, member)',
    'table.pickActive(0, member)',
  ),
  mutant(
    'swim-left-is-failed',
    'hashicorp/serf: a graceful leave that others take for a failure',
    'claim-rules.ts',
    "table.change(member, 'left', claim.incarnation, nowMs);",
    "table.change(member, 'failed', claim.incarnation, nowMs);",
  ),
  mutant(
    'swim-hearsay-accuses',
    'push-pull state from the other side of a cut taken as fresh accusations',
    'anti-entropy.ts',
    "(claim.kind === 'suspect' || claim.kind === 'failed') && claim.id !== self.id",
    "claim.kind === 'suspect' && claim.id !== self.id",
  ),
  mutant(
    'swim-identity-stolen',
    'hashicorp/memberlist: a name conflict in which the newcomer replaces the holder',
    'claim-rules.ts',
    "known.record.identity !== record.identity && known.state !== 'left'",
    "known.record.identity !== record.identity && known.state === 'left'",
  ),
  mutant(
    'swim-islands',
    'after a restart of all, groups around different seeds never meet (hashicorp/consul retry_join only at start)',
    'joining.ts',
    'else this.#ask(this.#missingSeed(), nowMs);',
    'else this.#ask([], nowMs);',
  ),
];
