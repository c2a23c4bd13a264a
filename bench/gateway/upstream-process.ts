import fastify from 'fastify';

const app = fastify();
app.get('/api/v1/search', async () => ({ items: [], page: 1, limit: 20, total: 0, note: 'x'.repeat(200) }));
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
