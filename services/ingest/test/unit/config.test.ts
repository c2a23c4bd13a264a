import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadIngestConfig } from '../../src/config.ts';

test('lists every bad key at once, never a value', () => {
  const env = { PORT: 'x', INGEST_ENCRYPTION_KEY: `${'s3cret'.repeat(9)}`, FETCH_CONCURRENCY: '-1' };
  assert.throws(
    () => loadIngestConfig(env),
    (error: Error) =>
      ['HOST', 'PORT', 'DATABASE_URL', 'FETCH_CONCURRENCY'].every((key) => error.message.includes(key)) &&
      !error.message.includes('s3cret'),
  );
});

test('checks settings against each other', () => {
  const env = {
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: 'postgres://x/y',
    NATS_URL: 'nats://x',
    REDIS_URL: 'redis://x',
    JWKS_URL: 'http://x/jwks',
    INGEST_ENCRYPTION_KEY: Buffer.alloc(33).toString('base64'),
    FETCH_INTERVAL_MS_MIN: '5000',
    FETCH_INTERVAL_MS_MAX: '4000',
  };
  assert.throws(() => loadIngestConfig(env), /INGEST_ENCRYPTION_KEY must be 32 bytes[\s\S]*FETCH_INTERVAL_MS_MIN/);
  const good = loadIngestConfig({
    ...env,
    INGEST_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    FETCH_INTERVAL_MS_MIN: '1',
  });
  assert.equal(good.EXTRACTION_MODE, 'builtin');
  assert.ok(Object.isFrozen(good));
});
