import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Kysely } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
import { kyselyOn } from './client-kysely.ts';

/** What {@link migrate} needs. */
export interface MigrateOptions {
  /** URL of the schema's owner role; a direct connection, not a transaction pooler. */
  readonly url: string;
  readonly schema: string;
  /** Folder of `NNNN_verb_noun.ts` (or `.js`) modules that export `up(db)`. */
  readonly migrationsDir: URL | string;
  readonly logger: Logger;
}

interface MigrationModule {
  up(db: Kysely<unknown>): Promise<void>;
}

const NAME = /^(\d{4}_[a-z0-9]+(?:_[a-z0-9]+)*)\.(?:ts|js)$/;

/**
 * Brings a schema up to date: forward only, one transaction for each migration, one runner at a time by advisory lock.
 * An applied migration whose file has changed, or is missing, is an error: history is not rewritten.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const folder = options.migrationsDir instanceof URL ? fileURLToPath(options.migrationsDir) : options.migrationsDir;
  const pool = new pg.Pool({ connectionString: options.url, max: 1, application_name: `${options.schema}-migrate` });
  try {
    const client = await pool.connect();
    try {
      await client.query('SELECT pg_advisory_lock(hashtext($1))', [`migrate:${options.schema}`]);
      return { applied: await applyPending(client, folder, options) };
    } finally {
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

async function applyPending(client: pg.PoolClient, folder: string, options: MigrateOptions): Promise<string[]> {
  const table = `${pg.escapeIdentifier(options.schema)}.${pg.escapeIdentifier(`${options.schema}_migrations`)}`;
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${table} (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  );
  const { rows } = await client.query<{ name: string; checksum: string }>(
    `SELECT name, checksum FROM ${table} ORDER BY name`,
  );
  const known = new Map(rows.map((row) => [row.name, row.checksum]));
  const files = (await readdir(folder)).filter((file) => NAME.test(file)).sort();
  const last = rows.at(-1)?.name ?? '';
  const applied: string[] = [];
  for (const file of files) {
    const name = NAME.exec(file)?.[1] ?? file;
    const checksum = await checksumOf(join(folder, file));
    const before = known.get(name);
    known.delete(name);
    if (before !== undefined) {
      if (before !== checksum) throw new Error(`migration ${name} was edited after it had been applied`);
      continue;
    }
    if (name < last) throw new Error(`migration ${name} comes before ${last}, which is applied already`);
    await applyOne(client, table, name, checksum, pathToFileURL(join(folder, file)).href);
    options.logger.info({ schema: options.schema, migration: name }, 'migration applied');
    applied.push(name);
  }
  if (known.size > 0) throw new Error(`applied migrations without a file: ${[...known.keys()].join(', ')}`);
  return applied;
}

async function applyOne(
  client: pg.PoolClient,
  table: string,
  name: string,
  checksum: string,
  url: string,
): Promise<void> {
  const module = (await import(url)) as MigrationModule;
  await client.query('BEGIN');
  try {
    await module.up(kyselyOn<unknown>(client));
    await client.query(`INSERT INTO ${table} (name, checksum) VALUES ($1, $2)`, [name, checksum]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** The same for a source file and for what tsc makes of it: types, whitespace, trailing commas and the source-map line do not count. */
async function checksumOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8');
  const script = path.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  const normalized = script
    .replace(/^\/\/# sourceMappingURL=.*$/m, '')
    .replace(/(from\s*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
    .replace(/\s+/g, '')
    .replace(/,(?=[}\])])/g, '');
  return createHash('sha256').update(normalized).digest('hex');
}
