import type { Authenticator, Principal } from '@peermesh/authz';
import { commonErrors, type PeerMeshError } from '@peermesh/errors';

/** A revocation holds within a second everywhere; most of that belongs to the way of its news. */
const CHECK_EVERY_MS = 250;

interface Admitted {
  readonly principal: Principal;
  readonly end: (error: PeerMeshError) => void;
}

/** Ends what lasts longer than the token that it was begun with: streams are admitted once, and their tokens expire or are revoked. */
export class Admissions {
  readonly #isStillGood: Authenticator['isStillGood'];
  readonly #admitted = new Set<Admitted>();
  #timer: NodeJS.Timeout | undefined;

  constructor(isStillGood: Authenticator['isStillGood']) {
    this.#isStillGood = isStillGood;
  }

  /** Calls `end` once with `PM_COMMON_UNAUTHENTICATED` when the token is not good any more, unless the returned function was called. */
  hold(principal: Principal, end: (error: PeerMeshError) => void): () => void {
    const admitted = { principal, end };
    this.#admitted.add(admitted);
    this.#timer ??= setInterval(() => this.#check(), CHECK_EVERY_MS).unref();
    return () => this.#release(admitted);
  }

  /** @throws `PM_COMMON_UNAUTHENTICATED` for who is not to be admitted any more */
  assertGood(principal: Principal): void {
    if (!this.#isStillGood(principal)) throw over();
  }

  #check(): void {
    for (const admitted of this.#admitted) {
      if (this.#isStillGood(admitted.principal)) continue;
      this.#release(admitted);
      admitted.end(over());
    }
  }

  #release(admitted: Admitted): void {
    this.#admitted.delete(admitted);
    if (this.#admitted.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function over(): PeerMeshError {
  return commonErrors.unauthenticated({ detail: 'The token has expired or was revoked.' });
}
