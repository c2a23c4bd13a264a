import { type ControlPlane, type ControlReason, joinKeyHash, type RequestOutcome } from '@peermesh/replication';
import { contactsOf } from './known-members.ts';
import { type NeighbourWords, welcomeContacts } from './neighbour-message.ts';

const ADMISSION_TIMEOUT_MS = 10_000;

/** A member's part in letting others in: hands their wishes to the control group, brings them the answer. */
export class Admitting {
  readonly #plane: ControlPlane;
  readonly #max: number;
  /** By request id. */
  readonly #pending = new Map<string, { readonly peer: string; readonly nonce: string }>();

  /** Newcomers that were turned away, by reason. */
  readonly refused = new Map<ControlReason, number>();

  constructor(plane: ControlPlane, max: number) {
    this.#plane = plane;
    this.#max = max;
  }

  /** @param peer the node id that the handshake of the link has proved */
  ask(peer: string, words: Extract<NeighbourWords, { kind: 'join' }>, nowMs: number): NeighbourWords | null {
    const { nonce, introduction, secret } = words;
    const { meshId } = this.#plane.state;
    if (words.meshId !== meshId) return this.#refuse(nonce, 'wrong-mesh');
    for (const { peer: waiting } of this.#pending.values()) if (waiting === peer) return null;
    if (this.#pending.size >= this.#max) return { kind: 'later', nonce };
    const keyHash = secret === '' ? '' : joinKeyHash(meshId, secret);
    const body = { kind: 'admit', meshId, nodeId: peer, introduction, keyHash } as const;
    const requestId = this.#plane.request(body, { timeoutMs: ADMISSION_TIMEOUT_MS }, nowMs);
    this.#pending.set(requestId, { peer, nonce });
    return null;
  }

  /** The answer for a newcomer, when the outcome is about one. */
  outcome(
    requestId: string,
    outcome: RequestOutcome,
  ): { readonly peer: string; readonly words: NeighbourWords } | null {
    const asked = this.#pending.get(requestId);
    if (asked === undefined) return null;
    this.#pending.delete(requestId);
    const { peer, nonce } = asked;
    if (outcome.kind !== 'result') return { peer, words: { kind: 'later', nonce } };
    const { result } = outcome;
    if (!result.isDone) return { peer, words: this.#refuse(nonce, result.reason) };
    const { meshId, appliedIndex: index } = this.#plane.state;
    const contacts = welcomeContacts(contactsOf(this.#plane.state));
    return { peer, words: { kind: 'welcome', nonce, meshId, shortId: result.value, index, contacts } };
  }

  #refuse(nonce: string, reason: ControlReason): NeighbourWords {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
    return { kind: 'refusal', nonce, reason };
  }

  /** What this node knows of the membership of a neighbour: that it is none any more, or who else is a member. */
  standing(peer: string, shortId: number): NeighbourWords {
    const { members, former, appliedIndex: index } = this.#plane.state;
    if (members.get(shortId)?.nodeId === peer)
      return { kind: 'members', shortId, index, contacts: welcomeContacts(contactsOf(this.#plane.state)) };
    const gone = former.findLast((one) => one.shortId === shortId && one.nodeId === peer);
    return { kind: 'standing', shortId, standing: gone?.why ?? 'unknown' };
  }
}
