import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Database } from '@peermesh/database';
import { calculateJwkThumbprint, createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose';
import type { AuthSchema, SigningKeyRow, Tx } from '../adapters/pg/schema.ts';
import { insertKey, loadKeys, lockKeys, moveKey, rotatingKeyOf } from '../adapters/pg/signing-key-store.ts';
import { dueSteps, KEY_ALGORITHMS, type KeyAlgorithm, type RotationPolicy } from '../domain/key-rotation.ts';
import { seal, unseal } from '../domain/sealed-box.ts';
import type { Clock } from '../ports.ts';

/** The key that signs now. */
export interface Signer {
  readonly kid: string;
  readonly algorithm: KeyAlgorithm;
  readonly privateKey: KeyObject;
}

export interface KeyringOptions {
  readonly db: Database<AuthSchema>;
  readonly clock: Clock;
  /** 32 bytes; encrypts private keys at rest. */
  readonly encryptionKey: Buffer;
  readonly algorithm: KeyAlgorithm;
  readonly policy: RotationPolicy;
}

/** The signing keys, in memory; every replica reads them again from time to time. */
export class Keyring {
  readonly #options: KeyringOptions;
  #published: JSONWebKeySet = { keys: [] };
  #find: JWTVerifyGetKey = createLocalJWKSet({ keys: [] });
  #signer: Signer | null = null;

  constructor(options: KeyringOptions) {
    this.#options = options;
  }

  /** Public keys of everything that signs, will sign, or signed lately. */
  get jwks(): JSONWebKeySet {
    return this.#published;
  }

  /** Finds the key of a token in the present set. */
  readonly find: JWTVerifyGetKey = (header, token) => this.#find(header, token);

  get signer(): Signer {
    if (this.#signer === null) throw new Error('no signing key is loaded');
    return this.#signer;
  }

  /** Takes the steps that are due, and reads the keys again. `isForced` makes the next keys active now. */
  async rotate(isForced = false): Promise<readonly SigningKeyRow[]> {
    const { db, clock, policy } = this.#options;
    const rows = await db.system(async (tx) => {
      await lockKeys(tx);
      const keys = (await loadKeys(tx)).map(rotatingKeyOf);
      for (const algorithm of KEY_ALGORITHMS) {
        const own = keys.filter((key) => key.algorithm === algorithm);
        await this.#take(tx, algorithm, dueSteps(own, clock(), policy, isForced));
      }
      return loadKeys(tx);
    });
    this.#use(rows);
    return rows;
  }

  /** Reads the keys without changing them. */
  async reload(): Promise<void> {
    this.#use(await this.#options.db.system((tx) => loadKeys(tx), { readOnly: true }));
  }

  /** Retires a key at once and puts the next in its place. False when there is no such key in use. */
  async revoke(tx: Tx, kid: string): Promise<boolean> {
    const { clock, policy } = this.#options;
    await lockKeys(tx);
    const keys = (await loadKeys(tx)).map(rotatingKeyOf);
    const revoked = keys.find((key) => key.kid === kid && key.state !== 'retired');
    if (revoked === undefined) return false;
    await moveKey(tx, kid, 'retired', clock());
    const rest = keys.filter((key) => key.algorithm === revoked.algorithm && key.kid !== kid);
    await this.#take(tx, revoked.algorithm, dueSteps(rest, clock(), policy));
    return true;
  }

  async #take(tx: Tx, algorithm: KeyAlgorithm, steps: ReturnType<typeof dueSteps>): Promise<void> {
    for (const step of steps) {
      if (step.do === 'move') await moveKey(tx, step.kid, step.to, this.#options.clock());
      else await insertKey(tx, await this.#newKey(algorithm, step.state));
    }
  }

  async #newKey(algorithm: KeyAlgorithm, state: 'next' | 'active'): Promise<SigningKeyRow> {
    const pair =
      algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = pair.publicKey.export({ format: 'jwk' }) as JWK;
    const kid = await calculateJwkThumbprint(jwk);
    const secret = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    const now = this.#options.clock();
    return {
      kid,
      algorithm,
      state,
      public_jwk: { ...(jwk as Record<string, string>), kid, alg: algorithm, use: 'sig' },
      private_sealed: seal(this.#options.encryptionKey, secret, kid),
      created_at: now,
      activated_at: state === 'active' ? now : null,
      retiring_at: null,
      retired_at: null,
    };
  }

  #use(rows: readonly SigningKeyRow[]): void {
    const { algorithm, encryptionKey } = this.#options;
    const active = rows.find((row) => row.state === 'active' && row.algorithm === algorithm);
    if (active === undefined) throw new Error(`there is no active signing key for ${algorithm}`);
    if (this.#signer?.kid !== active.kid) this.#signer = openSigner(active, encryptionKey);
    const keys = rows
      .filter((row) => row.state !== 'retired')
      .map((row) => row.public_jwk as unknown as JWK & { kty: string });
    this.#published = { keys };
    this.#find = createLocalJWKSet({ keys });
  }
}

function openSigner(row: SigningKeyRow, encryptionKey: Buffer): Signer {
  const secret = row.private_sealed === null ? null : unseal(encryptionKey, row.private_sealed, row.kid);
  if (secret === null) {
    throw new Error(
      `signing key ${row.kid} cannot be decrypted: AUTH_KEY_ENCRYPTION_KEY is not the key that encrypted it`,
    );
  }
  const privateKey = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
  return { kid: row.kid, algorithm: row.algorithm, privateKey };
}
