import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createFileOnce, readPrivateFile } from './private-file.ts';

/** The Ed25519 key that a node is. Its id is the public key in base64url. */
export interface NodeKey {
  readonly nodeId: string;
  /** 32 bytes, as HELLO carries them. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
  /** PKCS #8, for TLS. */
  readonly privateKeyPem: string;
}

const NODE_ID_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** A new key that is nowhere on disk. */
export function createNodeKey(): NodeKey {
  return nodeKeyOf(generateKeyPairSync('ed25519').privateKey);
}

/**
 * The key in this PEM file; made with mode 0600 when the file is not there. Two processes that start at once get the same
 * key. Throws when the file holds another kind of key or may be read by other users.
 */
export function loadOrCreateNodeKey(path: string): NodeKey {
  createFileOnce(path, () => createNodeKey().privateKeyPem);
  return readNodeKey(path);
}

/** The key in this PEM file; throws when there is none, when it is of another kind, or when other users may read it. */
export function readNodeKey(path: string): NodeKey {
  const key = createPrivateKey(readPrivateFile(path));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} holds no Ed25519 key`);
  return nodeKeyOf(key);
}

function nodeKeyOf(privateKey: KeyObject): NodeKey {
  const nodeId = nodeIdOf(createPublicKey(privateKey));
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { nodeId, publicKey: publicKeyBytes(nodeId), privateKey, privateKeyPem };
}

/** The node id that an Ed25519 public key is; throws a TypeError for other kinds of key. */
export function nodeIdOf(publicKey: KeyObject): string {
  const { crv, x } = publicKey.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new TypeError('a node id is an Ed25519 public key');
  return x;
}

/** The 32 bytes of a node id; throws a TypeError for text that is none. */
export function publicKeyBytes(nodeId: string): Uint8Array {
  if (!NODE_ID_PATTERN.test(nodeId)) throw new TypeError('a node id is 43 characters of base64url');
  return new Uint8Array(Buffer.from(nodeId, 'base64url'));
}

/** The key of a node id, to verify with; throws a TypeError for text that is none. */
export function publicKeyOf(nodeId: string): KeyObject {
  publicKeyBytes(nodeId);
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: nodeId }, format: 'jwk' });
}
