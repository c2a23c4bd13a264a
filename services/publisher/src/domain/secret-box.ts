import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Keeps secrets unreadable at rest. */
export interface SecretBox {
  seal(secret: string, owner: string): string;
  open(sealed: string, owner: string): string;
}

const ALGORITHM = 'aes-256-gcm';

/** A key for one purpose, so that what is signed for one cannot be used for another. */
export function deriveKey(key: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(key, 'base64'), '', `peermesh/publisher/${purpose}`, 32));
}

/** AES-256-GCM; the owner is authenticated, so a sealed secret cannot be moved to another row. */
export function createSecretBox(key: string): SecretBox {
  const keyBytes = deriveKey(key, 'secrets');
  return {
    seal: (secret, owner) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv(ALGORITHM, keyBytes, nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')}`;
    },
    open: (sealed, owner) => {
      const bytes = Buffer.from(sealed.slice(3), 'base64url');
      const decipher = createDecipheriv(ALGORITHM, keyBytes, bytes.subarray(0, 12)).setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    },
  };
}
