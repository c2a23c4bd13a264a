import { randomBytes } from 'node:crypto';
import type { TokenSet } from '@peermesh/contracts/auth';
import { migrate } from '@peermesh/database';
import { connectNats } from '@peermesh/messaging';
import { applyStreams } from '@peermesh/messaging/streams';
import type { WiredService } from '@peermesh/service-kit';
import {
  silentLogger,
  startTestNats,
  startTestPostgres,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@peermesh/testkit';
import pg from 'pg';
import { buildApp } from '../../src/app.ts';
import { type AuthConfig, loadAuthConfig } from '../../src/config.ts';
import { ensureFirstAdmin } from '../../src/usecases/first-admin.ts';

export const ADMIN = { email: 'admin@example.org', password: 'a long enough admin password' };
export const PASSWORD = 'a long enough user password';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: answers of any route
  readonly body: any;
}

export interface CallOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Address that the request seems to come from. */
  readonly ip?: string;
}

/** One running auth service on servers of its own. */
export interface AuthFixture {
  readonly service: WiredService;
  readonly postgres: TestPostgres;
  readonly database: TestDatabase;
  readonly nats: TestNats;
  readonly env: Record<string, string>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  logIn(credentials?: { email: string; password: string }, ip?: string): Promise<TokenSet>;
  /** Registers and logs in somebody new. */
  newcomer(): Promise<TokenSet>;
  /** Looks into the database as superuser. */
  // biome-ignore lint/suspicious/noExplicitAny: rows of any table
  rows(text: string, values?: readonly unknown[]): Promise<any[]>;
  /** Another replica on the same database and broker. */
  replica(overrides?: Record<string, string>): Promise<WiredService>;
  stop(): Promise<void>;
}

let serial = 0;

/** An address that nobody else in the tests has, so that throttling by address does not mix them up. */
export function freshIp(): string {
  serial += 1;
  return `198.${18 + (serial >> 16)}.${(serial >> 8) & 255}.${serial & 255}`;
}

export async function startAuth(
  options: { readonly env?: Record<string, string>; readonly clock?: () => Date } = {},
): Promise<AuthFixture> {
  const logger = silentLogger();
  const [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
  const database = await postgres.createDatabase({ service: 'auth', services: ['search'] });
  const migrationsDir = new URL('../../src/migrations/', import.meta.url);
  await migrate({ url: database.ownerUrl, schema: 'auth', migrationsDir, logger });
  await ensureFirstAdmin({ url: database.ownerUrl, ...ADMIN, logger });
  const connection = await connectNats({ url: nats.url, name: 'fixture', logger });
  await applyStreams(connection);
  await connection.close();
  const env: Record<string, string> = {
    HOST: '127.0.0.1',
    PORT: '0',
    INSTANCE_ID: 'auth-1',
    DATABASE_URL: database.appUrl,
    NATS_URL: nats.url,
    AUTH_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    TRUST_PROXY: 'loopback',
    ...options.env,
  };
  const build = async (config: AuthConfig): Promise<WiredService> => {
    const built = await buildApp(config, { logger, ...(options.clock === undefined ? {} : { clock: options.clock }) });
    await built.start();
    return built;
  };
  const service = await build(loadAuthConfig(env));
  const replicas: WiredService[] = [];

  const fixture: AuthFixture = {
    service,
    postgres,
    database,
    nats,
    env,
    call: (method, path, callOptions) => call(service, method, path, callOptions),
    async logIn(credentials = ADMIN, ip = freshIp()) {
      const answer = await fixture.call('POST', '/api/v1/auth/login', { body: credentials, ip });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      return answer.body as TokenSet;
    },
    async newcomer() {
      serial += 1;
      const body = { email: `user${serial}@example.org`, password: PASSWORD };
      await fixture.call('POST', '/api/v1/auth/register', { body, ip: freshIp() });
      return fixture.logIn(body);
    },
    async rows(text, values = []) {
      const client = new pg.Client({ connectionString: database.adminUrl });
      await client.connect();
      try {
        return (await client.query(text, [...values])).rows;
      } finally {
        await client.end();
      }
    },
    async replica(overrides = {}) {
      const built = await build(loadAuthConfig({ ...env, INSTANCE_ID: 'auth-2', ...overrides }));
      replicas.push(built);
      return built;
    },
    async stop() {
      for (const each of [service, ...replicas]) {
        await each.stop();
        await each.app.close();
      }
      await database.drop();
      await Promise.all([postgres.stop(), nats.stop()]);
    },
  };
  return fixture;
}

export async function call(
  service: WiredService,
  method: string,
  path: string,
  { token, body, headers, ip }: CallOptions = {},
): Promise<Answer> {
  const response = await service.app.inject({
    method: method as 'GET',
    url: path,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ip === undefined ? {} : { 'x-forwarded-for': ip }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === '' ? undefined : response.json(),
  };
}
