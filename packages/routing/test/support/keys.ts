import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type { AdvertisementSigner } from '../../src/link-state/signing.ts';

/** Ed25519 keys of a mesh, made once per id, and a signer for each node. */
export class TestKeys {
  readonly #keys = new Map<number, { publicKey: KeyObject; privateKey: KeyObject }>();
  verifications = 0;

  signerFor(self: number): AdvertisementSigner {
    return {
      sign: (body) => sign(null, body, this.#pair(self).privateKey),
      verify: (origin, body, signature) => {
        this.verifications += 1;
        return verify(null, body, this.#pair(origin).publicKey, signature);
      },
    };
  }

  #pair(id: number): { publicKey: KeyObject; privateKey: KeyObject } {
    const known = this.#keys.get(id);
    if (known) return known;
    const pair = generateKeyPairSync('ed25519');
    this.#keys.set(id, pair);
    return pair;
  }
}
