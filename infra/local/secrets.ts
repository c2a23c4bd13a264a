import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE_NAMES, type ServiceName } from '../names.ts';
import { LauncherError } from './launcher-error.ts';
import { type StateFolder, writeAtomically } from './state-folder.ts';

/** What a local installation must keep to itself; made once. */
export interface Secrets {
  readonly adminPassword: string;
  readonly postgresPassword: string;
  readonly natsAdminPassword: string;
  readonly redisPassword: string;
  /** 32 bytes in base64: encrypts the signing keys at rest. */
  readonly keyEncryptionKey: string;
  readonly services: Readonly<Record<ServiceName, ServiceSecrets>>;
}

export interface ServiceSecrets {
  readonly ownerPassword: string;
  readonly appPassword: string;
  readonly natsPassword: string;
  /** For whatever the service signs or encrypts by itself: 32 bytes in base64. */
  readonly signingKey: string;
}

/** The file with the password of the first administrator. */
export function adminPasswordFile(state: StateFolder): string {
  return join(state.secrets, 'admin-password');
}

/** Reads the secrets, or makes them at the first start. Services that came later get theirs then. */
export function loadSecrets(state: StateFolder): Secrets {
  const file = join(state.secrets, 'secrets.json');
  const stored = existsSync(file) ? parse(file) : {};
  const secrets: Secrets = {
    adminPassword: stored.adminPassword ?? randomText(18),
    postgresPassword: stored.postgresPassword ?? randomText(24),
    natsAdminPassword: stored.natsAdminPassword ?? randomText(24),
    redisPassword: stored.redisPassword ?? randomText(24),
    keyEncryptionKey: stored.keyEncryptionKey ?? randomBytes(32).toString('base64'),
    services: Object.fromEntries(
      SERVICE_NAMES.map((name) => [name, { ...newServiceSecrets(), ...stored.services?.[name] }]),
    ) as Record<ServiceName, ServiceSecrets>,
  };
  const text = `${JSON.stringify(secrets, null, 2)}\n`;
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeAtomically(file, text);
  if (!existsSync(adminPasswordFile(state))) writeAtomically(adminPasswordFile(state), secrets.adminPassword);
  return secrets;
}

/** Writes the secret values of one service, one file each, and returns the `<KEY>_FILE` variables that point at them. */
export function writeSecretFiles(
  folder: string,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const path = join(folder, key);
      if (!existsSync(path) || readFileSync(path, 'utf8') !== value) writeAtomically(path, value);
      return [`${key}_FILE`, path];
    }),
  );
}

function parse(file: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    throw new LauncherError(
      `${file} is damaged`,
      'restore it from a backup, or start over with `npm run reset`',
      error,
    );
  }
}

function newServiceSecrets(): ServiceSecrets {
  return {
    ownerPassword: randomText(24),
    appPassword: randomText(24),
    natsPassword: randomText(24),
    signingKey: randomBytes(32).toString('base64'),
  };
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
