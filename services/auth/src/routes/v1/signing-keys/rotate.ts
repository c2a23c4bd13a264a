import { authRoutes } from '@peermesh/contracts/auth';
import { mountRoute } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { signingKeyOf } from '../../../adapters/pg/signing-key-store.ts';
import type { AuthDeps } from '../../../usecases/auth-deps.ts';

/** Makes the next keys active now. */
export function mountRotateSigningKeys(app: FastifyInstance, deps: AuthDeps): void {
  mountRoute(app, authRoutes.rotateSigningKeys, async () => {
    const rows = await deps.keyring.rotate(true);
    return { status: 200, body: { items: rows.map(signingKeyOf) } };
  });
}
