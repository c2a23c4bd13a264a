import { createHash } from 'node:crypto';
import type { OverlaySigner } from '@peermesh/overlay';

const SIGNATURE_BYTES = 64;

/** The public key of a simulated node. */
export function keyOf(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`key of ${name}`).digest());
}

export function nodeIdOf(name: string): string {
  return Buffer.from(keyOf(name)).toString('base64url');
}

/** A keyed checksum in place of Ed25519: it depends on the signer's id and on every byte. */
export function signerOf(self: string): OverlaySigner {
  return {
    sign: (body) => checksum(self, body),
    verify: (nodeId, body, signature) =>
      signature.length === SIGNATURE_BYTES && Buffer.compare(checksum(nodeId, body), signature) === 0,
  };
}

function checksum(nodeId: string, body: Uint8Array): Uint8Array {
  let [a, b] = [0x811c_9dc5, 0x1234_5678];
  for (let index = 0; index < nodeId.length; index += 1) a = Math.imul(a ^ nodeId.charCodeAt(index), 0x0100_0193);
  for (const byte of body) {
    a = Math.imul(a ^ byte, 0x0100_0193);
    b = (Math.imul(b, 31) + a) | 0;
  }
  const signature = new Uint8Array(SIGNATURE_BYTES);
  const view = new DataView(signature.buffer);
  view.setInt32(0, a);
  view.setInt32(4, b);
  return signature;
}
