import type { AdvertisementSigner } from '@peermesh/routing';
import { hashSeed } from '../random.ts';

const SIGNATURE_BYTES = 64;

/** Every signature that was made: what a genuine advertisement is, and the keyed checksum that stands in for Ed25519. */
export class SignatureBook {
  readonly #signed = new Set<string>();

  signerFor(self: number): AdvertisementSigner {
    return {
      sign: (body) => {
        this.#signed.add(keyOf(self, body));
        return checksum(self, body);
      },
      verify: (origin, body, signature) => {
        const expected = checksum(origin, body);
        return signature.length === SIGNATURE_BYTES && expected.every((byte, index) => byte === signature[index]);
      },
    };
  }

  /** A signature by that key that its owner knows nothing of: it does not make an advertisement genuine. */
  forge(signer: number, body: Uint8Array): Uint8Array {
    return checksum(signer, body);
  }

  /** Whether the node itself signed exactly this. */
  isGenuine(origin: number, signedBytes: Uint8Array): boolean {
    return this.#signed.has(keyOf(origin, signedBytes.subarray(0, signedBytes.length - SIGNATURE_BYTES)));
  }
}

function keyOf(origin: number, body: Uint8Array): string {
  return `${origin} ${Buffer.from(body).toString('base64')}`;
}

/** Depends on the node's secret, which only this module knows. */
function checksum(self: number, body: Uint8Array): Uint8Array {
  let hash = hashSeed(self, 'secret');
  for (const byte of body) hash = Math.imul(hash ^ byte, 0x0100_0193);
  const signature = new Uint8Array(SIGNATURE_BYTES);
  new DataView(signature.buffer).setUint32(0, hash >>> 0);
  return signature;
}
