import { createAuthenticator, createRevocations, type Revocation } from '@peermesh/authz';
import { defineRoute } from '@peermesh/contracts';
import { SessionRevoked } from '@peermesh/contracts/events';
import { connectNats, createTail } from '@peermesh/messaging';
import { createApp, mountRoute } from '@peermesh/service-kit';
import { createMetrics } from '@peermesh/telemetry';
import { silentLogger } from '@peermesh/testkit';

/** Another service, in a process of its own: all it knows of tokens it learns from the key set and from events. */
const Whoami = defineRoute({
  id: 'test.whoami',
  method: 'GET',
  path: '/api/v1/whoami',
  summary: 'Who is calling',
  tags: ['test'],
  policy: { access: 'authenticated', action: 'test.read', minRole: 'user', scopes: [] },
  responses: { 204: null },
  errors: [],
});

const [natsUrl, jwksUrl] = process.argv.slice(2) as [string, string];
const logger = silentLogger();
const nats = await connectNats({ url: natsUrl, name: 'enforcement-point', logger });
const revocations = createRevocations();
const tail = createTail(
  { nats, events: [SessionRevoked], from: { time: new Date(Date.now() - 3_600_000) }, logger },
  (event) => revocations.add(event.data as Revocation),
);
revocations.watch(tail);
await tail.caughtUp;
const app = await createApp({ service: 'test', version: '0', logger, metrics: createMetrics({ service: 'test' }) });
app.authenticator = createAuthenticator({
  issuer: 'peermesh-auth',
  audience: 'peermesh',
  jwks: new URL(jwksUrl),
  revocations,
});
mountRoute(app, Whoami, async () => ({ status: 204 }));
process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
