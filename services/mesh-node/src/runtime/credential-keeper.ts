import type { Logger } from '@peermesh/telemetry';
import type { TransportCredentials } from '../transport/index.ts';
import { credentialFlaw, type NodeCredentials, readCredentials } from './credentials.ts';

const DAY_MS = 86_400_000;
/** Certificates hold for 90 days: from so long before the end on it is said every day. */
const WARN_BEFORE_MS = 21 * DAY_MS;

export interface CredentialKeeperOptions {
  /** The node's folder. */
  readonly folder: string;
  readonly nodeId: string;
  readonly logger: Logger;
  /** Unix time. */
  readonly wallMs: () => number;
  /** Other credentials are to be used from now on. */
  readonly onChanged: (credentials: NodeCredentials) => void;
}

/**
 * The certificate, the trusted authorities and the authority's list of revocations, as the folder of the node holds them now.
 * What cannot be used is refused, and the node goes on with what it had.
 */
export class CredentialKeeper {
  readonly #options: CredentialKeeperOptions;
  #current: NodeCredentials | null;
  #seen: string;
  #saidAtMs = Number.NEGATIVE_INFINITY;
  /** Files that were found changed and could not be used. */
  refusedCount = 0;

  /** @throws when the folder holds a certificate that cannot be this node's, or nobody who is believed */
  constructor(options: CredentialKeeperOptions) {
    this.#options = options;
    this.#current = readCredentials(options.folder);
    this.#seen = JSON.stringify(this.#current);
    const { nodeId, logger, wallMs } = options;
    const flaw = this.#current === null ? null : credentialFlaw(this.#current, nodeId, wallMs());
    if (this.#current?.nodeId !== nodeId && flaw !== null) throw new Error(flaw);
    if (flaw !== null) logger.error({ flaw }, 'other nodes will refuse this one: renew its certificate');
    this.warn();
  }

  /** Null for a node that speaks without TLS. */
  get current(): NodeCredentials | null {
    return this.#current;
  }

  /** Looks whether the files have changed, and takes them over. */
  check(): void {
    const { folder, nodeId, logger, wallMs, onChanged } = this.#options;
    let found: NodeCredentials | null;
    try {
      found = readCredentials(folder);
    } catch (error) {
      return this.#refuse(error instanceof Error ? error.message : String(error));
    }
    const seen = JSON.stringify(found);
    if (seen === this.#seen) return this.warn();
    if (found === null) return this.#refuse('the certificate is gone');
    const flaw = credentialFlaw(found, nodeId, wallMs());
    if (flaw !== null) return this.#refuse(flaw);
    this.#seen = seen;
    if (this.#current === null) {
      logger.warn({ folder }, 'there is a certificate now: start this node again to speak TLS');
      return;
    }
    this.#current = found;
    this.#saidAtMs = Number.NEGATIVE_INFINITY;
    const { serialNumber, expiresAtMs, trustedPem } = found;
    const expiresAt = new Date(expiresAtMs).toISOString();
    logger.info({ serialNumber, expiresAt, authorities: trustedPem.length }, 'certificate and trust were taken over');
    onChanged(found);
    this.warn();
  }

  /** Says once a day that a certificate comes to its end. */
  warn(): void {
    const { logger, wallMs } = this.#options;
    const nowMs = wallMs();
    if (this.#current === null || nowMs - this.#saidAtMs < DAY_MS) return;
    const { expiresAtMs, authorityExpiresAtMs } = this.#current;
    if (Math.min(expiresAtMs, authorityExpiresAtMs) - nowMs > WARN_BEFORE_MS) return;
    this.#saidAtMs = nowMs;
    const [expiresAt, authorityExpiresAt] = [expiresAtMs, authorityExpiresAtMs].map((ms) => new Date(ms).toISOString());
    logger.warn({ expiresAt, authorityExpiresAt }, 'a certificate expires soon: renew it');
  }

  #refuse(flaw: string): void {
    // The same files are refused once.
    if (this.#seen === flaw) return;
    this.#seen = flaw;
    if (this.#current === null) return;
    this.refusedCount += 1;
    this.#options.logger.error({ flaw }, 'changed certificate files cannot be used: this node keeps what it had');
  }
}

/** What a transport needs of them. */
export function transportCredentials(
  { certificatePem, trustedPem }: NodeCredentials,
  meshId: string,
): TransportCredentials {
  return { meshId, certificatePem, trustedPem };
}
