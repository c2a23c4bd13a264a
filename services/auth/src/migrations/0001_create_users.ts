import { enableTenantIsolation } from '@peermesh/database';
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE auth.auth_tenants (
      id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
      created_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`INSERT INTO auth.auth_tenants (id) VALUES ('default')`.execute(db);
  await sql`
    CREATE TABLE auth.auth_roles (
      tenant_id text NOT NULL REFERENCES auth.auth_tenants,
      name text NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]{1,39}$' AND name NOT IN ('user', 'moderator', 'admin')),
      inherits text NOT NULL,
      rank integer NOT NULL CHECK (rank > 0),
      description text NOT NULL DEFAULT '',
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, name)
    )`.execute(db);
  await enableTenantIsolation(db, 'auth', 'auth_roles');
  await sql`
    CREATE TABLE auth.auth_users (
      id text PRIMARY KEY,
      tenant_id text NOT NULL REFERENCES auth.auth_tenants,
      email text NOT NULL,
      email_key text NOT NULL,
      display_name text,
      role text NOT NULL,
      status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
      password_hash text NOT NULL,
      version integer NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      last_login_at timestamptz,
      UNIQUE (tenant_id, email_key)
    )`.execute(db);
  await sql`CREATE INDEX auth_users_created_at ON auth.auth_users (tenant_id, created_at DESC, id)`.execute(db);
  await sql`CREATE INDEX auth_users_role ON auth.auth_users (tenant_id, role)`.execute(db);
  await enableTenantIsolation(db, 'auth', 'auth_users');
}
