import { readFileSync } from 'node:fs';
import { issueTestToken } from '@peermesh/testkit';
import { parse } from 'yaml';
import { startWorld } from './gateway.ts';

const world = await startWorld();
const routes = parse(readFileSync(new URL('../../config/routes.yaml', import.meta.url), 'utf8'));
for (const l of routes.defaults.limits.rate) l.q = 100_000_000;
for (const r of routes.routes) for (const l of r.limits?.rate ?? []) if (l.name === 'address') l.q = 100_000_000;
const up = process.argv[2]!;
const gw = await world.startGateway(null, { routes, env: { UPSTREAM_SEARCH: up } });
process.stdout.write(`${gw.url} ${await issueTestToken({ expiresInSeconds: 3600 })}\n`);
process.on('SIGTERM', async () => {
  await gw.stop();
  await world.stop();
  process.exit(0);
});
