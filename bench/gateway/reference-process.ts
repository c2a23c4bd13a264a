import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';

/** The reference: Fastify with @fastify/http-proxy and nothing else. */
const app = fastify();
await app.register(httpProxy, { upstream: process.argv[2] ?? '' });
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
