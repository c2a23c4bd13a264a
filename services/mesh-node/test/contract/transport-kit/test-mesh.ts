import { DEFAULT_LINK_CONFIG } from '@peermesh/link';
import { temporaryFolder } from '@peermesh/testkit';
import { CertificateAuthority, createNodeKey, type NodeKey, type RevocationList } from '../../../src/identity/index.ts';
import type { TransportCredentials } from '../../../src/transport/index.ts';

const MESH_ID = 'kit';

/** An authority of its own in a temporary folder, and credentials made by it. */
export class TestMesh {
  readonly authority: CertificateAuthority;
  readonly #folder: { readonly path: string; remove(): void };

  private constructor(folder: { readonly path: string; remove(): void }, authority: CertificateAuthority) {
    this.#folder = folder;
    this.authority = authority;
  }

  static async create(): Promise<TestMesh> {
    const folder = temporaryFolder('transport-kit');
    const authority = await CertificateAuthority.create(`${folder.path}/ca`, { meshId: MESH_ID, nowMs: Date.now() });
    return new TestMesh(folder, authority);
  }

  get revocations(): RevocationList {
    return this.authority.revocations;
  }

  remove(): void {
    this.#folder.remove();
  }

  /** Credentials of a node by certificate, issued at `nowMs`. */
  async credentials(
    key: NodeKey,
    options: { nowMs?: number; validityMs?: number } = {},
  ): Promise<TransportCredentials> {
    const certificatePem = await this.authority.issue(key.nodeId, { nowMs: Date.now(), ...options });
    return { ...this.trust(), certificatePem };
  }

  /** Credentials of a node that has only a token. */
  async tokenCredentials(key: NodeKey): Promise<TransportCredentials> {
    return { ...this.trust(), token: await this.authority.issueToken(key.nodeId, { nowMs: Date.now() }) };
  }

  trust(): TransportCredentials {
    return { meshId: MESH_ID, trustedPem: this.authority.trustedPem };
  }
}

export { createNodeKey };

export const LINK_OFFER = { features: DEFAULT_LINK_CONFIG.features, creditBytes: DEFAULT_LINK_CONFIG.creditBytes };
