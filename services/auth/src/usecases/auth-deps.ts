import type { RevocationSet } from '@peermesh/authz';
import type { Database } from '@peermesh/database';
import type { Bus } from '@peermesh/messaging';
import type { Logger } from '@peermesh/telemetry';
import type { AuthSchema } from '../adapters/pg/schema.ts';
import type { AuthConfig } from '../config.ts';
import type { Clock, PasswordHasher } from '../ports.ts';
import type { AuthMetrics } from './auth-metrics.ts';
import type { Keyring } from './keyring.ts';

/** What the use cases work with. */
export interface AuthDeps {
  readonly db: Database<AuthSchema>;
  readonly bus: Pick<Bus, 'publish' | 'publishMany'>;
  readonly clock: Clock;
  readonly config: AuthConfig;
  readonly hasher: PasswordHasher;
  readonly keyring: Keyring;
  readonly revocations: RevocationSet;
  readonly metrics: AuthMetrics;
  readonly logger: Logger;
}
