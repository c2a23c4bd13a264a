import { createAuthenticator } from '@peermesh/authz';
import { defineRoute } from '@peermesh/contracts';
import { createDatabase } from '@peermesh/database';
import { createApp, mountRoute, runService, usePrincipals } from '@peermesh/service-kit';
import { createLogger, createMetrics } from '@peermesh/telemetry';
import { Type } from 'typebox';

/** A route as services have them: token, role, validated input, one query under row-level security, serialized answer. */
const ShowNote = defineRoute({
  id: 'bench.note.get',
  method: 'GET',
  path: '/api/v1/notes/:id',
  summary: 'Show a note',
  tags: ['bench'],
  policy: { access: 'authenticated', action: 'note.read', minRole: 'user', scopes: [] },
  params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
  responses: { 200: Type.Object({ id: Type.Integer(), title: Type.String(), body: Type.String() }) },
  errors: [],
});

const [databaseUrl = '', jwksUrl = '', otlpUrl = '', ratio = ''] = process.argv.slice(2);
const logger = createLogger({ service: 'bench', level: 'warn' });
await runService({
  logger,
  host: '127.0.0.1',
  port: 0,
  forceMs: 5_000,
  tracing: { service: 'bench', enabled: ratio !== 'off', otlpUrl, sampleRatio: Number(ratio) },
  start: async () => {
    const metrics = createMetrics({ service: 'bench' });
    const app = await createApp({ service: 'bench', version: '0', logger, metrics });
    const db = createDatabase<never>({ url: databaseUrl, schema: 'search', applicationName: 'bench', logger, metrics });
    app.addHook('onClose', () => db.close());
    usePrincipals(app, createAuthenticator({ issuer: 'peermesh-auth', audience: 'peermesh', jwks: new URL(jwksUrl) }));
    mountRoute(app, ShowNote, async ({ params, principal }) =>
      db.tenant(
        principal.tenantId,
        async (tx) => {
          const { rows } = await tx.client.query('SELECT id, title, body FROM search_notes WHERE id = $1', [params.id]);
          return { status: 200, body: rows[0] } as const;
        },
        { readOnly: true },
      ),
    );
    app.addHook('onListen', async () => void process.stdout.write(`${app.listeningOrigin}\n`));
    return { app, stop: async () => undefined };
  },
});
