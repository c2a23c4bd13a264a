import type { EventData } from '@peermesh/contracts';
import type { LinkStateChanged } from '@peermesh/contracts/events';
import { type Advertisement, NodeFlag } from '@peermesh/routing';

/** What a node said about its links, as the event brought it. */
export type LinkStateData = EventData<typeof LinkStateChanged>;

/** A link state in the database. */
export interface StoredLinkState {
  readonly meshId: string;
  readonly origin: number;
  /** Counts the changes of the mesh; one number for each. */
  readonly revision: number;
  readonly isWithdrawn: boolean;
  readonly state: LinkStateData;
  readonly changedAt: Date;
}

/** Gives labels small numbers, since graphs hold regions and tenants as numbers; the empty label is 0. */
export class LabelNumbers {
  readonly #numbers = new Map<string, number>([['', 0]]);

  of(label: string): number {
    const known = this.#numbers.get(label);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(label, number);
    return number;
  }

  /** The numbers of the labels that any node has ever had. */
  known(labels: readonly string[] = []): number[] {
    return labels.flatMap((label) => this.#numbers.get(label) ?? []);
  }
}

/** The advertisement that a link state tells of, in the terms of the routing package. */
export function advertisementOf(state: LinkStateData, labels: LabelNumbers): Advertisement {
  const { flags } = state;
  return {
    origin: state.origin,
    version: { epoch: state.version.epoch, seq: state.version.sequence },
    flags:
      (flags.inbound ? NodeFlag.INBOUND : 0) |
      (flags.relay ? NodeFlag.RELAY : 0) |
      (flags.drain ? NodeFlag.DRAIN : 0) |
      (flags.overload ? NodeFlag.OVERLOAD : 0),
    region: labels.of(state.region),
    tenant: labels.of(state.tenant),
    lifetimeMs: state.lifetimeMs,
    links: state.links,
  };
}
