import { createDatabase } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { Argon2PasswordHasher } from '../adapters/argon2/argon2-password-hasher.ts';
import type { AuthSchema } from '../adapters/pg/schema.ts';
import { findUserByEmail, tryInsertUser } from '../adapters/pg/user-store.ts';
import { emailKey } from '../domain/email.ts';
import { assertPasswordGood, newUser } from './register.ts';

/** Creates the first administrator of a tenant, `default` when absent, when there is no user with this address. Idempotent. */
export async function ensureFirstAdmin(options: {
  readonly url: string;
  readonly tenantId?: string;
  readonly email: string;
  readonly password: string;
  readonly logger: Logger;
}): Promise<{ created: boolean }> {
  const { tenantId = 'default', email, password, logger } = options;
  const db = createDatabase<AuthSchema>({ url: options.url, schema: 'auth', applicationName: 'auth-migrate', logger });
  try {
    return await db.tenant(tenantId, async (tx) => {
      if ((await findUserByEmail(tx, emailKey(email))) !== null) return { created: false };
      assertPasswordGood(password, email);
      const hasher = new Argon2PasswordHasher({ concurrency: 1, queueMax: 0 });
      const passwordHash = await hasher.hash(password);
      const at = new Date();
      const user = newUser({
        tenantId,
        email,
        passwordHash,
        displayName: 'Administrator',
        role: 'admin',
        at,
      });
      return { created: await tryInsertUser(tx, user) };
    });
  } finally {
    await db.close();
  }
}
