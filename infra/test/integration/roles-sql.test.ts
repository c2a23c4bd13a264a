import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { services } from '../../catalog.ts';
import { schemaOf } from '../../names.ts';
import { appRole, databaseUrl, ownerRole } from '../../postgres/index.ts';
import {
  findBinary,
  findPostgresFolder,
  freePort,
  type PostgresServer,
  startPostgresServer,
} from '../../servers/index.ts';

const run = promisify(execFile);
const binaries = findPostgresFolder();
const psql = findBinary('psql');
const skip = binaries === null || psql === null ? 'PostgreSQL or psql is not installed' : false;
const folder = mkdtempSync(join(tmpdir(), 'peermesh-roles-'));
const passwordOf = (role: string): string => `password of ${role}`;
let server: PostgresServer;

before(async () => {
  if (binaries === null || psql === null) return;
  chmodSync(folder, 0o755);
  server = await startPostgresServer({
    binaries,
    dataFolder: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    superuser: 'peermesh_admin',
    password: 'admin',
    durability: 'throwaway',
  });
  await execute(server.url, 'CREATE DATABASE peermesh');
  const variables = services.flatMap(({ name }) =>
    [ownerRole(name), appRole(name)].flatMap((role) => ['--set', `${role}_password=${passwordOf(role)}`]),
  );
  const file = resolve(import.meta.dirname, '../../postgres/roles.sql');
  await run(psql, [
    databaseUrl(server.url, { database: 'peermesh' }),
    '--quiet',
    '--set',
    'ON_ERROR_STOP=1',
    ...variables,
    '--file',
    file,
  ]);
});

after(async () => {
  await server?.process.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function execute(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

test('the SQL that compose runs gives each service its schema and nobody else', { skip }, async () => {
  const urlOf = (role: string): string =>
    databaseUrl(server.url, { user: role, password: passwordOf(role), database: 'peermesh' });
  for (const { name } of services) {
    await execute(urlOf(ownerRole(name)), 'CREATE TABLE kept (id int)');
    await execute(urlOf(appRole(name)), `INSERT INTO ${schemaOf(name)}.kept VALUES (1)`);
    await assert.rejects(execute(urlOf(appRole(name)), 'DROP TABLE kept'), { code: '42501' });
  }
  for (const { name } of services) {
    for (const other of services) {
      if (other.name === name) continue;
      for (const role of [appRole(name), ownerRole(name)]) {
        await assert.rejects(
          execute(urlOf(role), `SELECT * FROM ${schemaOf(other.name)}.kept`),
          { code: '42501' },
          `${role} on ${other.name}`,
        );
      }
    }
  }
});
