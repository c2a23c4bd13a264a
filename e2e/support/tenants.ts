import { randomBytes } from 'node:crypto';
import type { TestFleet } from '@peermesh/testkit/fleet';
import pg from 'pg';
import { type ApiClients, apiClients } from './api-clients.ts';

/** Somebody who has logged in. */
export interface Person {
  readonly email: string;
  readonly password: string;
  readonly token: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly api: ApiClients;
}

/** Registers a person in a tenant, which an operator makes first when it is new, and gives the role. */
export async function joinTenant(
  fleet: TestFleet,
  tenant: string,
  role: 'user' | 'moderator' | 'admin' = 'admin',
): Promise<Person> {
  const email = `${role}-${randomBytes(6).toString('hex')}@example.org`;
  const password = `${randomBytes(12).toString('hex')} is long`;
  const anonymous = apiClients(fleet.gatewayUrl);
  const operator = new pg.Client({ connectionString: fleet.databaseUrl('superuser') });
  await operator.connect();
  try {
    await operator.query('INSERT INTO auth.auth_tenants (id) VALUES ($1) ON CONFLICT DO NOTHING', [tenant]);
    await anonymous.auth.register({ body: { email, password, tenant } });
    await operator.query('UPDATE auth.auth_users SET role = $1 WHERE tenant_id = $2 AND email = $3', [
      role,
      tenant,
      email,
    ]);
  } finally {
    await operator.end();
  }
  const { body } = await anonymous.auth.login({ body: { email, password, tenant } });
  return {
    email,
    password,
    token: body.accessToken,
    userId: body.user.id,
    sessionId: body.sessionId,
    api: apiClients(fleet.gatewayUrl, body.accessToken),
  };
}
