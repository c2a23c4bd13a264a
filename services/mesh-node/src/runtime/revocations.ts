import type { ControlState } from '@peermesh/replication';
import type { Revocations } from '../identity/index.ts';
import type { KeptRevocations } from '../store/index.ts';

/**
 * Who is revoked, as far as this node knows: what the control group decided, kept on the disk so that a restart refuses them
 * before the control group is up, and what the authority's list says.
 */
export class RevocationBook {
  readonly #keep: (revocations: KeptRevocations) => void;
  #incarnation: string;
  #nodeIds: ReadonlySet<string>;
  #serialNumbers: ReadonlySet<string>;
  #listed: { readonly nodeIds: ReadonlySet<string>; readonly serialNumbers: ReadonlySet<string> } = NOBODY;

  /** @param keep puts them on the disk; called when they change */
  constructor(kept: KeptRevocations | null, keep: (revocations: KeptRevocations) => void) {
    this.#incarnation = kept?.incarnation ?? '';
    this.#nodeIds = new Set(kept?.nodeIds);
    this.#serialNumbers = new Set(kept?.serialNumbers);
    this.#keep = keep;
  }

  isRevoked(nodeId: string, serialNumber: string | null): boolean {
    return (
      this.#nodeIds.has(nodeId) ||
      this.#listed.nodeIds.has(nodeId) ||
      (serialNumber !== null && (this.#serialNumbers.has(serialNumber) || this.#listed.serialNumbers.has(serialNumber)))
    );
  }

  /** What the authority's list says now. */
  list({ nodeIds, serialNumbers }: Revocations): void {
    this.#listed = { nodeIds: new Set(nodeIds), serialNumbers: new Set(serialNumbers) };
  }

  /**
   * Takes over what the control group has decided; revocations are never taken back, those of another mesh mean nothing here.
   * @returns whether there is anything new
   */
  follow({ incarnation, revokedIdentities, revokedCertificates }: Readonly<ControlState>): boolean {
    if (incarnation === '') return false;
    const isOther = incarnation !== this.#incarnation;
    const isMore = revokedIdentities.size > this.#nodeIds.size || revokedCertificates.size > this.#serialNumbers.size;
    // A state that is behind what was kept, as after a restart, has fewer.
    if (!isOther && !isMore) return false;
    this.#incarnation = incarnation;
    this.#nodeIds = new Set(isOther ? revokedIdentities.keys() : [...this.#nodeIds, ...revokedIdentities.keys()]);
    this.#serialNumbers = new Set(
      isOther ? revokedCertificates.keys() : [...this.#serialNumbers, ...revokedCertificates.keys()],
    );
    this.#keep({ incarnation, nodeIds: [...this.#nodeIds], serialNumbers: [...this.#serialNumbers] });
    return true;
  }
}

const NOBODY = { nodeIds: new Set<string>(), serialNumbers: new Set<string>() };
