import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthorityCertificate, createNodeCertificate } from './certificate.ts';
import { signJoinToken } from './join-token.ts';
import { nodeIdOf, publicKeyOf } from './node-key.ts';
import { createFileOnce, readPrivateFile, replaceFile } from './private-file.ts';
import { RevocationList, type Revocations } from './revocation-list.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** How long certificates of the authority, of nodes, and join tokens hold unless told otherwise. */
export const CA_VALIDITY_MS = 3_650 * DAY_MS;
export const NODE_VALIDITY_MS = 90 * DAY_MS;
export const TOKEN_VALIDITY_MS = DAY_MS;

/** One key of the authority and its certificate. */
interface Generation {
  readonly number: number;
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
}

interface State {
  readonly meshId: string;
  /** Oldest first; the last one signs, all are trusted. */
  readonly generations: readonly number[];
  readonly revocations: Revocations;
}

/**
 * The certificate authority of one mesh, in a folder of its own: `authority.json`, and a key and certificate per generation.
 * Only the operator's machine needs it; nodes get certificates, the trusted ones and the revocations. One process at a time.
 */
export class CertificateAuthority {
  readonly meshId: string;
  readonly revocations: RevocationList;
  readonly #folder: string;
  #generations: readonly Generation[];

  private constructor(folder: string, state: State, generations: readonly Generation[]) {
    this.#folder = folder;
    this.meshId = state.meshId;
    this.revocations = new RevocationList(state.revocations);
    this.#generations = generations;
  }

  /** Makes the authority of a mesh; throws when the folder holds one already. */
  static async create(
    folder: string,
    options: { readonly meshId: string; readonly nowMs: number; readonly validityMs?: number },
  ): Promise<CertificateAuthority> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const first = await createGeneration(folder, 1, { validityMs: CA_VALIDITY_MS, ...options });
    const state: State = {
      meshId: options.meshId,
      generations: [first.number],
      revocations: new RevocationList().toJSON(),
    };
    createFileOnce(statePath(folder), () => JSON.stringify(state));
    return new CertificateAuthority(folder, state, [first]);
  }

  /** Opens the authority in a folder; throws when there is none, or when others may read its keys. */
  static open(folder: string): CertificateAuthority {
    const state = JSON.parse(readPrivateFile(statePath(folder))) as State;
    return new CertificateAuthority(
      folder,
      state,
      state.generations.map((number) => readGeneration(folder, number)),
    );
  }

  /** Certificates that nodes must trust: the current one first, then those before it until they are forgotten. */
  get trustedPem(): string[] {
    return this.#generations.map(({ certificatePem }) => certificatePem).reverse();
  }

  /** A certificate for this node; call it again to renew. Throws for a revoked node. */
  issue(nodeId: string, options: { readonly nowMs: number; readonly validityMs?: number }): Promise<string> {
    this.#refuseRevoked(nodeId);
    const request = { validityMs: NODE_VALIDITY_MS, ...options, name: nodeId, publicKey: publicKeyOf(nodeId) };
    return createNodeCertificate(request, this.#current);
  }

  /** The same node's certificate anew, whether the given one has expired or not; throws when it is revoked or not ours. */
  renew(certificatePem: string, options: { readonly nowMs: number; readonly validityMs?: number }): Promise<string> {
    const certificate = new X509Certificate(certificatePem);
    const isOurs = this.#generations.some((one) =>
      certificate.verify(new X509Certificate(one.certificatePem).publicKey),
    );
    if (!isOurs) throw new Error('this certificate is of another authority');
    const nodeId = nodeIdOf(certificate.publicKey);
    if (this.revocations.isRevoked(nodeId, certificate.serialNumber)) throw new Error('this certificate is revoked');
    return this.issue(nodeId, options);
  }

  /** A token with which this node joins without a certificate. Throws for a revoked node. */
  issueToken(nodeId: string, options: { readonly nowMs: number; readonly validityMs?: number }): Promise<string> {
    this.#refuseRevoked(nodeId);
    const request = { validityMs: TOKEN_VALIDITY_MS, ...options, meshId: this.meshId, nodeId };
    return signJoinToken(request, this.#current.privateKey);
  }

  /** A new key signs from now on; give `trustedPem` to all nodes before certificates of it are used. */
  async rotate(options: { readonly nowMs: number; readonly validityMs?: number }): Promise<void> {
    const number = this.#current.number + 1;
    const next = await createGeneration(this.#folder, number, {
      validityMs: CA_VALIDITY_MS,
      ...options,
      meshId: this.meshId,
    });
    this.#generations = [...this.#generations, next];
    this.#save();
  }

  /** Trusts only the current key from now on. Certificates of earlier ones end when nodes have the new `trustedPem`. */
  forgetOldKeys(): void {
    this.#generations = [this.#current];
    this.#save();
  }

  revokeCertificate(serialNumber: string): void {
    this.revocations.revokeCertificate(serialNumber);
    this.#save();
  }

  revokeNode(nodeId: string): void {
    this.revocations.revokeNode(nodeId);
    this.#save();
  }

  get #current(): Generation {
    return this.#generations.at(-1)!;
  }

  #refuseRevoked(nodeId: string): void {
    if (this.revocations.isRevoked(nodeId, null)) throw new Error(`node ${nodeId} is revoked`);
  }

  #save(): void {
    const generations = this.#generations.map(({ number }) => number);
    const state: State = { meshId: this.meshId, generations, revocations: this.revocations.toJSON() };
    replaceFile(statePath(this.#folder), JSON.stringify(state));
  }
}

async function createGeneration(
  folder: string,
  number: number,
  options: { readonly meshId: string; readonly nowMs: number; readonly validityMs: number },
): Promise<Generation> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const request = { ...options, name: `mesh ${options.meshId} ${number}`, publicKey: createPublicKey(privateKey) };
  const certificatePem = await createAuthorityCertificate(request, privateKey);
  if (number === 1 && hasAuthority(folder)) throw new Error(`${folder} already holds an authority`);
  replaceFile(keyPath(folder, number), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  replaceFile(certificatePath(folder, number), certificatePem);
  return { number, privateKey, certificatePem };
}

function readGeneration(folder: string, number: number): Generation {
  const privateKey = createPrivateKey(readPrivateFile(keyPath(folder, number)));
  return { number, privateKey, certificatePem: readFileSync(certificatePath(folder, number), 'utf8') };
}

function hasAuthority(folder: string): boolean {
  return existsSync(statePath(folder));
}

const statePath = (folder: string): string => join(folder, 'authority.json');
const keyPath = (folder: string, number: number): string => join(folder, `authority-${number}.key.pem`);
const certificatePath = (folder: string, number: number): string => join(folder, `authority-${number}.crt.pem`);
