import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Keeps secrets unreadable at rest. */
export interface SecretBox {
  /** Seals a secret for the row that owns it. */
  seal(secret: string, owner: string): string;
  /** Opens what {@link SecretBox.seal} made for the same owner; throws for anything else. */
  open(sealed: string, owner: string): string;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/**
 * A key for one purpose (HKDF-SHA256, RFC 5869), so that what one purpose made is worth nothing to another.
 * @param key 32 bytes in base64; throws a RangeError for any other length
 */
export function deriveKey(key: string, purpose: string): Buffer {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES) throw new RangeError('the encryption key must be 32 bytes in base64');
  return Buffer.from(hkdfSync('sha256', bytes, '', `peermesh/${purpose}`, KEY_BYTES));
}

/**
 * AES-256-GCM with a random nonce; the owner is authenticated, so a sealed secret cannot be moved to another row.
 * @param key 32 bytes in base64
 * @param purpose names the service, such as `publisher/secrets`
 */
export function createSecretBox(key: string, purpose: string): SecretBox {
  const keyBytes = deriveKey(key, purpose);
  return {
    seal: (secret, owner) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, keyBytes, nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    open: (sealed, owner) => {
      if (!sealed.startsWith('v1.')) throw new Error('the secret is sealed in a form that is not known here');
      const bytes = Buffer.from(sealed.slice(3), 'base64url');
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, keyBytes, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(owner)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    },
  };
}
