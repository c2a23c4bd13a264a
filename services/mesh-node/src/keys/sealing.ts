import { hkdfSync, type webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import type { NodeKey } from '../identity/index.ts';

/** Hybrid public key encryption, RFC 9180, in base mode: X25519, HKDF-SHA256, AES-256-GCM. */
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const INFO = Buffer.from('peermesh key epoch');
const ENCAPSULATED_BYTES = 32;
const SEED_BYTES = 32;

/** What a sealed key is for: it cannot be opened as anything else. */
interface SealContext {
  /** Incarnation of the mesh. */
  readonly mesh: string;
  readonly epoch: number;
  readonly nodeId: string;
}

/** The X25519 key of a node, which follows from its Ed25519 key: there is one secret to keep. */
export class SealingKey {
  /** 32 bytes, as members register them at admission. */
  readonly publicKey: Uint8Array;
  readonly #pair: webcrypto.CryptoKeyPair;

  private constructor(pair: webcrypto.CryptoKeyPair, publicKey: Uint8Array) {
    this.#pair = pair;
    this.publicKey = publicKey;
  }

  static async of({ privateKey }: Pick<NodeKey, 'privateKey'>): Promise<SealingKey> {
    const { d } = privateKey.export({ format: 'jwk' });
    const seed = Buffer.from(d ?? '', 'base64url');
    const material = hkdfSync('sha256', seed, new Uint8Array(), 'peermesh sealing key', SEED_BYTES);
    const pair = await suite.kem.deriveKeyPair(material);
    return new SealingKey(pair, new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)));
  }

  /** What {@link seal} has put in; null when it is for another node, epoch or mesh, or was changed. */
  async open(sealed: Uint8Array, context: SealContext): Promise<Uint8Array | null> {
    const [enc, text] = [sealed.slice(0, ENCAPSULATED_BYTES), sealed.slice(ENCAPSULATED_BYTES)];
    try {
      const recipient = { recipientKey: this.#pair, enc: bufferOf(enc), info: bufferOf(INFO) };
      return new Uint8Array(await suite.open(recipient, bufferOf(text), additionalData(context)));
    } catch {
      return null;
    }
  }
}

/**
 * A secret for the node of this public key alone: the encapsulated key, then the cipher text.
 * @throws when the bytes are no X25519 key
 */
export async function seal(publicKey: Uint8Array, secret: Uint8Array, context: SealContext): Promise<Uint8Array> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(bufferOf(publicKey));
  const { enc, ct } = await suite.seal(
    { recipientPublicKey, info: bufferOf(INFO) },
    bufferOf(secret),
    additionalData(context),
  );
  return new Uint8Array(Buffer.concat([new Uint8Array(enc), new Uint8Array(ct)]));
}

function additionalData({ mesh, epoch, nodeId }: SealContext): ArrayBuffer {
  return bufferOf(Buffer.from(JSON.stringify([mesh, epoch, nodeId])));
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
