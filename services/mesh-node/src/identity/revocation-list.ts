import { publicKeyBytes } from './node-key.ts';

const SERIAL_PATTERN = /^[0-9A-F]{1,40}$/;

/** What the control group replicates: certificates no longer valid by serial number, and nodes no longer welcome at all. */
export interface Revocations {
  readonly serialNumbers: readonly string[];
  readonly nodeIds: readonly string[];
}

/** Which certificates and nodes are revoked. An entry is never taken back: a node that returns gets another key. */
export class RevocationList {
  readonly #serialNumbers: Set<string>;
  readonly #nodeIds: Set<string>;

  constructor(revocations: Revocations = { serialNumbers: [], nodeIds: [] }) {
    this.#serialNumbers = new Set(revocations.serialNumbers.map(serialNumberOf));
    this.#nodeIds = new Set(revocations.nodeIds);
    for (const nodeId of this.#nodeIds) publicKeyBytes(nodeId);
  }

  /** Revokes one certificate. Throws a TypeError for text that is no serial number in hex. */
  revokeCertificate(serialNumber: string): void {
    this.#serialNumbers.add(serialNumberOf(serialNumber));
  }

  /** Revokes all that a node holds, now and later. Throws a TypeError for text that is no node id. */
  revokeNode(nodeId: string): void {
    publicKeyBytes(nodeId);
    this.#nodeIds.add(nodeId);
  }

  /** `serialNumber` is null where a token stood for a certificate. */
  isRevoked(nodeId: string, serialNumber: string | null): boolean {
    return this.#nodeIds.has(nodeId) || (serialNumber !== null && this.#serialNumbers.has(serialNumber));
  }

  /** Sorted, so that equal lists are equal bytes. */
  toJSON(): Revocations {
    return { serialNumbers: [...this.#serialNumbers].sort(), nodeIds: [...this.#nodeIds].sort() };
  }
}

/** Node's form of a serial number: upper-case hex. */
function serialNumberOf(text: string): string {
  const serialNumber = text.toUpperCase();
  if (!SERIAL_PATTERN.test(serialNumber)) throw new TypeError('a serial number is up to 40 digits of hex');
  return serialNumber;
}
