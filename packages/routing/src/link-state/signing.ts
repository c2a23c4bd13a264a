import type { Advertisement } from './advertisement.ts';
import { type DecodeFault, decodeAdvertisement, encodeAdvertisement, SIGNATURE_BYTES } from './advertisement-codec.ts';

/**
 * Signs and verifies advertisements. Injected, because keys live with the node and not with the protocol. Both calls are
 * synchronous: Ed25519 takes about 36 µs to sign and 105 µs to verify, less than a trip to another thread.
 */
export interface AdvertisementSigner {
  /** The 64-byte signature of the own key over `body`. */
  sign(body: Uint8Array): Uint8Array;
  /** Whether `signature` over `body` is by the key that the membership records for `origin`. Never throws. */
  verify(origin: number, body: Uint8Array, signature: Uint8Array): boolean;
}

/** An advertisement together with the bytes that travel: the body and its signature. Forwarded as it was received. */
export interface SignedAdvertisement {
  readonly advertisement: Advertisement;
  readonly bytes: Uint8Array;
}

export function signAdvertisement(advertisement: Advertisement, signer: AdvertisementSigner): SignedAdvertisement {
  const body = encodeAdvertisement(advertisement);
  const signature = signer.sign(body);
  if (signature.length !== SIGNATURE_BYTES) throw new RangeError(`a signature has ${SIGNATURE_BYTES} bytes`);
  const bytes = new Uint8Array(body.length + SIGNATURE_BYTES);
  bytes.set(body);
  bytes.set(signature, body.length);
  return { advertisement, bytes };
}

/** Parses without verifying: the cheap checks come first. */
export function parseSigned(bytes: Uint8Array): SignedAdvertisement | DecodeFault {
  if (bytes.length <= SIGNATURE_BYTES) return 'truncated';
  const advertisement = decodeAdvertisement(bytes.subarray(0, bytes.length - SIGNATURE_BYTES));
  return typeof advertisement === 'string' ? advertisement : { advertisement, bytes };
}

export function isSignatureValid({ advertisement, bytes }: SignedAdvertisement, signer: AdvertisementSigner): boolean {
  const split = bytes.length - SIGNATURE_BYTES;
  return signer.verify(advertisement.origin, bytes.subarray(0, split), bytes.subarray(split));
}
