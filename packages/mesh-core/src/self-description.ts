import type { ControlPlane, NodeDescription } from '@peermesh/replication';

const TIMEOUT_MS = 30_000;

/** Tells the control group what a node was configured with since it joined. */
export class SelfDescription {
  readonly #description: string;
  readonly #value: NodeDescription;
  #nextAtMs = 0;

  constructor(description: NodeDescription) {
    this.#value = descriptionOf(description);
    this.#description = JSON.stringify(this.#value);
  }

  tick(plane: ControlPlane, shortId: number, nowMs: number): void {
    const known = plane.state.members.get(shortId);
    if (known === undefined || nowMs < this.#nextAtMs || plane.raftStatus.leader === 0) return;
    this.#nextAtMs = nowMs + TIMEOUT_MS;
    if (JSON.stringify(descriptionOf(known)) === this.#description) return;
    plane.request({ kind: 'describe', shortId, description: this.#value }, { timeoutMs: TIMEOUT_MS }, nowMs);
  }
}

function descriptionOf({
  name,
  address,
  isInbound,
  isRelay,
  region,
  tenant,
  labels,
}: NodeDescription): NodeDescription {
  return { name, address, isInbound, isRelay, region, tenant, labels };
}
