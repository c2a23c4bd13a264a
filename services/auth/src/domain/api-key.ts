import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = 'pm_live_';
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const SHAPE = /^pm_live_[0-9A-Za-z]{38}$/;
/** Characters that a key is recognised by in lists. */
const SHOWN_LENGTH = PREFIX.length + 6;

/** A new API key: prefix, 32 random characters (190 bits), and a checksum that shows typing errors and finds leaks. */
export function newApiKey(): string {
  const secret = Array.from({ length: SECRET_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${PREFIX}${secret}${checksumOf(PREFIX + secret)}`;
}

/** Whether a text has the shape and the checksum of a key; says nothing about whether it exists. */
export function isApiKey(text: string): boolean {
  return SHAPE.test(text) && text.endsWith(checksumOf(text.slice(0, -CHECKSUM_LENGTH)));
}

/** What is stored of a key. It has enough entropy that a fast hash is as good as a slow one. */
export function apiKeyHash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

export function shownPrefix(key: string): string {
  return key.slice(0, SHOWN_LENGTH);
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let place = 0; place < CHECKSUM_LENGTH; place += 1) {
    digits = `${ALPHABET[rest % ALPHABET.length]}${digits}`;
    rest = Math.trunc(rest / ALPHABET.length);
  }
  return digits;
}
