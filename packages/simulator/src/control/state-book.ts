import {
  type ControlChange,
  type ControlPlane,
  controlStateFlaws,
  encodeState,
  type LoggedChange,
} from '@peermesh/replication';
import type { RuleCheck } from '../invariant.ts';

type StateRule = 'StatesEqual' | 'StateSound' | 'ShortIdOnce' | 'OverridesLogged' | 'EvictedStaysOut';

/** What replicas have had at each index, and who was ever given which short id. */
export class StateBook {
  readonly #registry: RuleCheck<StateRule>;
  readonly #states = new Map<number, Uint8Array>();
  readonly #holders = new Map<number, string>();
  readonly #evicted = new Set<string>();
  #seenTo = 0;

  constructor(registry: RuleCheck<StateRule>) {
    this.#registry = registry;
  }

  /** A replica has applied something. */
  observe(name: string, { state, replica }: ControlPlane, changes: readonly LoggedChange[]): void {
    const index = replica.appliedIndex;
    const bytes = encodeState(state);
    const known = this.#states.get(index);
    if (known === undefined) this.#states.set(index, bytes);
    const isEqual = known === undefined || Buffer.compare(known, bytes) === 0;
    this.#registry.check('StatesEqual', isEqual, () => `${name} has another state at ${index}`);
    const flaws = controlStateFlaws(state);
    this.#registry.check('StateSound', flaws.length === 0, () => `${name} at ${index}: ${flaws.join('; ')}`);
    for (const { index: at, change } of changes) {
      if (change.kind === 'member-admitted') this.#onAdmitted(change.member);
      if (at > this.#seenTo) this.#follow(name, change);
      if (change.kind !== 'rule-overridden') continue;
      const isLogged = state.overrides.some((record) => record.index === at);
      this.#registry.check('OverridesLogged', isLogged, () => `${name}: the override at ${at} is in no log`);
    }
    this.#seenTo = Math.max(this.#seenTo, index);
  }

  /** Each change once, in the order of the log: a snapshot is made by somebody who was seen to apply what is in it. */
  #follow(name: string, change: ControlChange): void {
    if (change.kind === 'member-removed' && change.why === 'evicted') this.#evicted.add(change.member.nodeId);
    if (change.kind === 'admission-changed' && change.what === 'readmitted') this.#evicted.delete(change.subject);
    if (change.kind !== 'member-admitted') return;
    const { nodeId } = change.member;
    this.#registry.check('EvictedStaysOut', !this.#evicted.has(nodeId), () => `${name} saw ${nodeId} come back`);
  }

  #onAdmitted({ shortId, nodeId, volumeId }: { shortId: number; nodeId: string; volumeId: string }): void {
    const holder = `${nodeId} on ${volumeId}`;
    const before = this.#holders.get(shortId) ?? holder;
    this.#holders.set(shortId, holder);
    this.#registry.check('ShortIdOnce', before === holder, () => `${shortId} was ${before} and is ${holder}`);
  }
}
