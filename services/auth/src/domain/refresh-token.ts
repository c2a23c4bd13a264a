import { createHash, hkdfSync, randomBytes } from 'node:crypto';
import { seal, unseal } from './sealed-box.ts';

const PREFIX = 'pmr_';
const SHAPE = /^pmr_[A-Za-z0-9_-]{43}$/;
const CONTEXT = 'peermesh refresh successor';

/** A new refresh token: 256 random bits. */
export function newRefreshToken(): string {
  return `${PREFIX}${randomBytes(32).toString('base64url')}`;
}

export function isRefreshToken(text: string): boolean {
  return SHAPE.test(text);
}

/** What is stored of a token. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Hides the successor under its parent: who has only the database cannot read it. */
export function sealSuccessor(parent: string, successor: string): Buffer {
  return seal(successorKey(parent), Buffer.from(successor), CONTEXT);
}

export function openSuccessor(parent: string, sealed: Buffer): string | null {
  return unseal(successorKey(parent), sealed, CONTEXT)?.toString() ?? null;
}

function successorKey(parent: string): Buffer {
  return Buffer.from(hkdfSync('sha256', parent, '', CONTEXT, 32));
}
