import { publisherRoutes } from '@peermesh/contracts/publisher';
import { publisherErrors } from '@peermesh/errors';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import { cancelDeliveries } from '../../adapters/pg/delivery-store.ts';
import {
  deleteEndpoint,
  endpointOf,
  findEndpoint,
  listEndpoints,
  updateEndpoint,
} from '../../adapters/pg/endpoint-store.ts';
import { probeEndpoint, reactivate } from '../../usecases/enable-endpoint.ts';
import { changeEndpoint, createEndpoint, requestVerification, rotateSecret } from '../../usecases/manage-endpoints.ts';
import { assertVersion, found, listedUser, ownerFilter, type RouteDependencies } from '../route-dependencies.ts';

/** /api/v1/endpoints */
export function mountEndpoints(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { db, links, clock, wake } = dependencies;

  mountRoute(app, publisherRoutes.createEndpoint, async ({ body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const { row, secret } = await createEndpoint(tx, dependencies, principal, body);
      const result = { status: 201, body: { ...endpointOf(row), secret } } as const;
      await idempotent(tx, result);
      tx.afterCommit(wake);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.listEndpoints, async ({ query, principal }) => {
    const filter = { userId: listedUser(principal, query.userId), channel: query.channel };
    const { items, total } = await db.tenant(principal.tenantId, (tx) => listEndpoints(tx, filter, windowOf(query)), {
      readOnly: true,
    });
    return { status: 200, body: pageOf(items.map(endpointOf), total, query) };
  });

  mountRoute(app, publisherRoutes.getEndpoint, async ({ params, principal }) => {
    const row = await db.tenant(
      principal.tenantId,
      (tx) => findEndpoint(tx, params.id, { userId: ownerFilter(principal) }),
      { readOnly: true },
    );
    return { status: 200, body: endpointOf(found(row)) };
  });

  mountRoute(app, publisherRoutes.updateEndpoint, async ({ params, body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const current = found(await findEndpoint(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      assertVersion(current.version, body.version);
      const result = { status: 200, body: endpointOf(await changeEndpoint(tx, dependencies, current, body)) } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.deleteEndpoint, async ({ params, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      found(await findEndpoint(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      await cancelDeliveries(tx, { endpointId: params.id }, 'endpoint_deleted');
      await deleteEndpoint(tx, params.id);
      const result = { status: 204 } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.rotateEndpointSecret, async ({ params, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const current = found(await findEndpoint(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      const { row, secret } = await rotateSecret(tx, dependencies, current);
      const result = { status: 200, body: { ...endpointOf(row), secret } } as const;
      await idempotent(tx, result);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.enableEndpoint, async ({ params, principal, idempotent }) => {
    const filter = { userId: ownerFilter(principal) };
    const probed = found(
      await db.tenant(principal.tenantId, (tx) => findEndpoint(tx, params.id, filter), { readOnly: true }),
    );
    await probeEndpoint(dependencies, probed);
    return db.tenant(principal.tenantId, async (tx) => {
      const current = found(await findEndpoint(tx, params.id, { ...filter, lock: true }));
      assertVersion(current.version, probed.version);
      const result = { status: 200, body: endpointOf(await reactivate(tx, dependencies, current)) } as const;
      await idempotent(tx, result);
      tx.afterCommit(wake);
      return result;
    });
  });

  mountRoute(app, publisherRoutes.verifyEndpoint, async ({ params, body, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const current = found(await findEndpoint(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      const claim = links.verify(body.token, 'verify');
      const isGood =
        claim !== null &&
        claim.endpointId === current.id &&
        claim.tenantId === current.tenant_id &&
        claim.email === current.email &&
        claim.expiresAt > clock().getTime();
      if (!isGood) throw publisherErrors.verificationInvalid();
      const row = current.state === 'unverified' ? await updateEndpoint(tx, current.id, { state: 'active' }) : current;
      const result = { status: 200, body: endpointOf(row) } as const;
      await idempotent(tx, result);
      tx.afterCommit(wake);
      return result;
    }),
  );

  mountRoute(app, publisherRoutes.sendVerification, async ({ params, principal, idempotent }) =>
    db.tenant(principal.tenantId, async (tx) => {
      const current = found(await findEndpoint(tx, params.id, { userId: ownerFilter(principal), lock: true }));
      const result = { status: 202, body: endpointOf(await requestVerification(tx, dependencies, current)) } as const;
      await idempotent(tx, result);
      tx.afterCommit(wake);
      return result;
    }),
  );
}
