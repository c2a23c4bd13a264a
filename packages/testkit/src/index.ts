export { freePort } from '@peermesh/infra/servers';
export { ndcgAt, type RetrievalCollection, readCollection } from './retrieval-collection.ts';
export { silentLogger } from './silent-logger.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { startTestNats, type TestNats } from './test-nats.ts';
export { startTestPostgres, type TestDatabase, type TestPostgres } from './test-postgres.ts';
export { startTestRedis, type TestRedis } from './test-redis.ts';
export { issueTestToken, startTestJwksServer, type TestClaims, testJwks } from './test-tokens.ts';
export { waitFor } from './wait-for.ts';
