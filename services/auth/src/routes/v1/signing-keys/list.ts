import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { loadKeys, signingKeyOf } from '../../../adapters/pg/signing-key-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Lists signing keys. */
export function mountListSigningKeys(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.listSigningKeys, async () => {
    const rows = await deps.db.system((tx) => loadKeys(tx), { readOnly: true });
    return { status: 200, body: { items: rows.map(signingKeyOf) } };
  });
}
