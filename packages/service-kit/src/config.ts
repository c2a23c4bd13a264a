import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { type Static, type TObject, type TProperties, Type } from 'typebox';

/** Where settings come from. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that every service has. Compose them: `Type.Object({ ...baseConfig, ...databaseConfig, MY_KEY: ... })`. */
export const baseConfig = {
  HOST: Type.String({ description: 'Address to listen on.', examples: ['127.0.0.1'] }),
  PORT: Type.Integer({ minimum: 0, maximum: 65535, description: 'Port to listen on; 0 picks a free one.' }),
  LOG_LEVEL: Type.Union(
    [
      Type.Literal('fatal'),
      Type.Literal('error'),
      Type.Literal('warn'),
      Type.Literal('info'),
      Type.Literal('debug'),
      Type.Literal('trace'),
      Type.Literal('silent'),
    ],
    { default: 'info', description: 'Least level that is logged.' },
  ),
  INSTANCE_ID: Type.String({
    default: '',
    description: 'Name of this replica in events and logs; host name and pid when empty.',
  }),
  SHUTDOWN_GRACE_MS: Type.Integer({
    minimum: 0,
    default: 10_000,
    description: 'Time for open requests and handlers to finish.',
  }),
  SHUTDOWN_FORCE_MS: Type.Integer({
    minimum: 0,
    default: 15_000,
    description: 'After this the process exits whatever is open.',
  }),
  OTEL_ENABLED: Type.Boolean({ default: false, description: 'Export traces.' }),
  OTLP_URL: Type.String({ default: '', description: 'OTLP/HTTP endpoint for traces, with path.' }),
  OTEL_SAMPLE_RATIO: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.1,
    description: 'Share of traces that the edge starts.',
  }),
} satisfies TProperties;

/** Settings of a service with a schema of its own. */
export const databaseConfig = {
  DATABASE_URL: Type.String({ format: 'uri', description: 'PostgreSQL URL of the application role.' }),
  DATABASE_POOL_MAX: Type.Integer({
    minimum: 1,
    maximum: 200,
    default: 10,
    description: 'Largest number of connections.',
  }),
} satisfies TProperties;

/** Settings of a one-shot migration. */
export const migrationConfig = Type.Object({
  MIGRATION_DATABASE_URL: Type.String({ format: 'uri', description: 'PostgreSQL URL of the owner role.' }),
  LOG_LEVEL: baseConfig.LOG_LEVEL,
});

/** Settings of a service that publishes or consumes events. */
export const natsConfig = {
  NATS_URL: Type.String({ format: 'uri', description: 'NATS URL; may carry user and password.' }),
} satisfies TProperties;

/** Settings of a service that uses Redis. */
export const redisConfig = {
  REDIS_URL: Type.String({ format: 'uri', description: 'Redis URL; may carry user and password.' }),
} satisfies TProperties;

/** Settings of a service that verifies tokens. */
export const tokenConfig = {
  JWKS_URL: Type.String({ format: 'uri', description: 'Where the signing keys are.' }),
  TOKEN_ISSUER: Type.String({ default: 'peermesh-auth', description: 'Expected `iss`.' }),
  TOKEN_AUDIENCE: Type.String({ default: 'peermesh', description: 'Expected `aud`.' }),
} satisfies TProperties;

/** The name of this replica: `INSTANCE_ID`, or host name and process id. */
export function instanceName(config: { readonly INSTANCE_ID: string }): string {
  return config.INSTANCE_ID === '' ? `${hostname()}-${process.pid}` : config.INSTANCE_ID;
}

/** All that is wrong with a configuration; names keys, never values. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads a configuration from the environment. `<KEY>_FILE` names a file that holds the value of `<KEY>`. An empty value
 * counts as absent. Throws a {@link ConfigError} that lists every bad key.
 * @param check further rules over several keys; returns sentences
 */
export function loadConfig<Schema extends TObject>(
  schema: Schema,
  env: Environment,
  check: (config: Static<Schema>) => readonly string[] = () => [],
): Readonly<Static<Schema>> {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const key of Object.keys(schema.properties)) {
    const value = readValue(key, env, problems);
    if (value !== undefined && value !== '') values[key] = value;
  }
  const ajv = new Ajv({ allErrors: true, coerceTypes: true, useDefaults: true, strict: false });
  addFormats.default(ajv);
  if (!ajv.validate(schema, values)) {
    for (const error of ajv.errors ?? []) {
      const missing: unknown = error.params['missingProperty'];
      problems.push(
        typeof missing === 'string' ? `${missing} is missing` : `${error.instancePath.slice(1)} ${error.message}`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)]);
  const config = values as Static<Schema>;
  const further = check(config);
  if (further.length > 0) throw new ConfigError(further);
  return Object.freeze(config);
}

function readValue(key: string, env: Environment, problems: string[]): string | undefined {
  const file = env[`${key}_FILE`];
  if (file === undefined || file === '') return env[key];
  if (env[key] !== undefined && env[key] !== '') problems.push(`${key} and ${key}_FILE are both set`);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    problems.push(`${key}_FILE cannot be read`);
    return undefined;
  }
}
