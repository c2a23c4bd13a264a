import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '../catalog.ts';
import { natsAuthorization } from '../local/dependencies/nats-authorization.ts';
import type { Secrets } from '../local/secrets.ts';
import { ensureSelfSignedCertificate } from '../nginx/self-signed-certificate.ts';
import { appRole, ownerRole } from '../postgres/roles.ts';
import { migrationKeys, secretName, secretNames } from './compose-services.ts';

const DATABASE = 'peermesh';

/**
 * Writes the secret files of docker-compose.yml from the secrets of this installation.
 * The folder is closed; the files are readable, because containers see them as their own unprivileged user.
 */
export async function writeComposeSecrets(folder: string, secrets: Secrets): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const values = { ...serverSecrets(secrets), ...serviceSecrets(secrets) };
  for (const [name, value] of Object.entries(values)) write(join(folder, name), value);
  const { certificateFile, keyFile } = await ensureSelfSignedCertificate(folder);
  copyFileSync(certificateFile, join(folder, 'tls_certificate'));
  copyFileSync(keyFile, join(folder, 'tls_key'));
  for (const name of secretNames()) chmodSync(join(folder, name), 0o444);
}

function serverSecrets(secrets: Secrets): Record<string, string> {
  const natsPasswords = {
    admin: secrets.natsAdminPassword,
    services: Object.fromEntries(
      Object.entries(secrets.services).map(([name, { natsPassword }]) => [name, natsPassword]),
    ) as Parameters<typeof natsAuthorization>[0]['services'],
  };
  return {
    postgres_password: secrets.postgresPassword,
    grafana_password: secrets.adminPassword,
    nats_admin_url: natsUrl('admin', secrets.natsAdminPassword),
    nats_config: [
      'server_name: peermesh',
      'listen: "0.0.0.0:4222"',
      'http: "0.0.0.0:8222"',
      'max_payload: 4194304',
      'jetstream { store_dir: "/data", sync_interval: always }',
      'authorization {',
      natsAuthorization(natsPasswords),
      '}',
      '',
    ].join('\n'),
    redis_config: [
      'save ""',
      'appendonly no',
      'maxmemory 192mb',
      'maxmemory-policy allkeys-lru',
      `requirepass ${secrets.redisPassword}`,
      '',
    ].join('\n'),
  };
}

function serviceSecrets(secrets: Secrets): Record<string, string> {
  const values: Record<string, string> = {};
  for (const service of services) {
    const { name } = service;
    const own = secrets.services[name];
    const known: Record<string, string> = {
      DATABASE_URL: postgresUrl(appRole(name), own.appPassword),
      MIGRATION_DATABASE_URL: postgresUrl(ownerRole(name), own.ownerPassword),
      NATS_URL: natsUrl(name, own.natsPassword),
      REDIS_URL: `redis://:${encodeURIComponent(secrets.redisPassword)}@redis:6379/0`,
      AUTH_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
      ADMIN_PASSWORD: secrets.adminPassword,
    };
    for (const key of migrationKeys(service)) values[secretName(name, key)] = known[key] ?? own.signingKey;
    values[`${ownerRole(name)}_password`] = own.ownerPassword;
    values[`${appRole(name)}_password`] = own.appPassword;
  }
  return values;
}

function postgresUrl(role: string, password: string): string {
  return `postgres://${role}:${encodeURIComponent(password)}@postgres:5432/${DATABASE}`;
}

function natsUrl(user: string, password: string): string {
  return `nats://${user}:${encodeURIComponent(password)}@nats:4222`;
}

function write(path: string, value: string): void {
  chmodIfThere(path);
  writeFileSync(path, value, { mode: 0o600 });
}

function chmodIfThere(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
