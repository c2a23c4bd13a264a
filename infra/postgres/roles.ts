import pg from 'pg';
import { schemaOf } from '../names.ts';

/** One service's place in a database: its schema, and the two roles that may enter it. */
export interface ServiceSchema {
  /** Names the schema too, by `schemaOf`. */
  readonly service: string;
  /** Password of `peermesh_<service>_owner`, which migrations use. */
  readonly ownerPassword: string;
  /** Password of `peermesh_<service>`, which the running service uses. */
  readonly appPassword: string;
  readonly connectionLimit?: number;
}

/** The owner role of a service: DDL on its own schema. */
export const ownerRole = (service: string): string => `peermesh_${schemaOf(service)}_owner`;
/** The application role of a service: DML on its own schema. */
export const appRole = (service: string): string => `peermesh_${schemaOf(service)}`;

const ROLES_LOCK = 0x706d726f;

/**
 * Makes the roles of the services; idempotent, and safe when several processes do it at once.
 * @param adminUrl superuser of any database in the cluster
 */
export async function ensureRoles(adminUrl: string, services: readonly ServiceSchema[]): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [ROLES_LOCK]);
    for (const service of services) {
      for (const [role, password] of rolesOf(service)) {
        const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
        const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
        await client.query(
          `${verb} ROLE ${pg.escapeIdentifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS ` +
            `CONNECTION LIMIT ${service.connectionLimit ?? -1} PASSWORD ${pg.escapeLiteral(password)}`,
        );
      }
    }
  });
}

/**
 * Makes the database when it is missing, closes it to everybody, and opens each schema to its own two roles only.
 * @param adminUrl superuser of another database in the cluster
 */
export async function ensureDatabase(
  adminUrl: string,
  database: string,
  services: readonly ServiceSchema[],
): Promise<void> {
  await withClient(adminUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  });
  await withClient(databaseUrl(adminUrl, { database }), async (client) => {
    for (const statement of databaseStatements(database, services)) await client.query(statement);
  });
}

/** The SQL that opens a database to the services, one statement each; idempotent. */
export function databaseStatements(database: string, services: readonly Pick<ServiceSchema, 'service'>[]): string[] {
  const name = pg.escapeIdentifier(database);
  return [
    `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    ...services.flatMap(({ service }) => schemaStatements(name, service)),
  ];
}

function schemaStatements(database: string, service: string): string[] {
  const schema = pg.escapeIdentifier(schemaOf(service));
  const owner = pg.escapeIdentifier(ownerRole(service));
  const app = pg.escapeIdentifier(appRole(service));
  const defaults = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema}`;
  const setting = (role: string, assignment: string): string =>
    `ALTER ROLE ${role} IN DATABASE ${database} SET ${assignment}`;
  return [
    `GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${owner}, ${app}`,
    `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner}`,
    `GRANT USAGE ON SCHEMA ${schema} TO ${app}`,
    `${defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app}`,
    `${defaults} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${app}`,
    `${defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    `${defaults} GRANT EXECUTE ON FUNCTIONS TO ${app}`,
    setting(owner, `search_path = ${schema}`),
    setting(app, `search_path = ${schema}`),
    setting(app, "statement_timeout = '30s'"),
    setting(app, 'jit = off'),
    setting(app, "idle_in_transaction_session_timeout = '60s'"),
  ];
}

/** The same server with another user, password or database. */
export function databaseUrl(
  base: string,
  change: { readonly user?: string; readonly password?: string; readonly database?: string },
): string {
  const url = new URL(base);
  if (change.user !== undefined) url.username = encodeURIComponent(change.user);
  if (change.password !== undefined) url.password = encodeURIComponent(change.password);
  if (change.database !== undefined) url.pathname = `/${encodeURIComponent(change.database)}`;
  return url.href;
}

function rolesOf(service: ServiceSchema): [string, string][] {
  return [
    [ownerRole(service.service), service.ownerPassword],
    [appRole(service.service), service.appPassword],
  ];
}

async function withClient(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'peermesh-infra' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
