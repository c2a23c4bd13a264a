import type { SigningKey } from '@peermesh/contracts/auth';
import type { KeyState, RotatingKey } from '../../domain/key-rotation.ts';
import type { SigningKeyRow, Tx } from './schema.ts';

const ROTATION_LOCK = 'auth_signing_keys.rotation';

/** Only one replica changes keys at a time. */
export async function lockKeys(tx: Tx): Promise<void> {
  await tx.client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [ROTATION_LOCK]);
}

export async function loadKeys(tx: Tx): Promise<SigningKeyRow[]> {
  return tx.query.selectFrom('auth_signing_keys').selectAll().orderBy('created_at', 'desc').execute();
}

export async function insertKey(tx: Tx, key: SigningKeyRow): Promise<void> {
  await tx.query
    .insertInto('auth_signing_keys')
    .values({ ...key, public_jwk: JSON.stringify(key.public_jwk) as never })
    .execute();
}

/** Moves a key on. Its private half is erased as soon as it does not sign any more. */
export async function moveKey(tx: Tx, kid: string, to: Exclude<KeyState, 'next'>, now: Date): Promise<void> {
  const columns = { active: 'activated_at', retiring: 'retiring_at', retired: 'retired_at' } as const;
  await tx.query
    .updateTable('auth_signing_keys')
    .set({ state: to, [columns[to]]: now, ...(to === 'active' ? {} : { private_sealed: null }) })
    .where('kid', '=', kid)
    .execute();
}

export function rotatingKeyOf(row: SigningKeyRow): RotatingKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    state: row.state,
    createdAt: row.created_at,
    activatedAt: row.activated_at,
    retiringAt: row.retiring_at,
  };
}

export function signingKeyOf(row: SigningKeyRow): SigningKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    state: row.state,
    createdAt: row.created_at.toISOString(),
    activatedAt: row.activated_at?.toISOString() ?? null,
    retiringAt: row.retiring_at?.toISOString() ?? null,
    retiredAt: row.retired_at?.toISOString() ?? null,
  };
}
