import { meshRoutes } from '@peermesh/contracts/mesh';
import { mountRoute, pageOf, windowOf } from '@peermesh/service-kit';
import type { FastifyInstance } from 'fastify';
import type { RouteDependencies } from '../route-dependencies.ts';

interface PageWish {
  readonly page?: number;
  readonly limit?: number;
}

function page<Item>(all: readonly Item[], query: PageWish) {
  const { offset, limit } = windowOf(query);
  return { status: 200, body: pageOf(all.slice(offset, offset + limit), all.length, query) } as const;
}

/** /api/v1/mesh/join-keys, join-policy, admissions, evictions */
export function mountAdministration(
  app: FastifyInstance,
  { administration }: Pick<RouteDependencies, 'administration'>,
): void {
  mountRoute(app, meshRoutes.listJoinKeys, async ({ query }) => page(administration.joinKeys(), query));

  mountRoute(app, meshRoutes.createJoinKey, async ({ body, principal }) => ({
    status: 201,
    body: await administration.createJoinKey(body, principal.subject),
  }));

  mountRoute(app, meshRoutes.revokeJoinKey, async ({ params, principal }) => {
    await administration.revokeJoinKey(params.key, principal.subject);
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.getJoinPolicy, async () => ({ status: 200, body: administration.joinPolicy() }));

  mountRoute(app, meshRoutes.setJoinPolicy, async ({ body, principal }) => ({
    status: 200,
    body: await administration.setJoinPolicy(body.joinPolicy, body.expectedVersion, principal.subject),
  }));

  mountRoute(app, meshRoutes.listAdmissions, async ({ query }) => page(administration.admissions(), query));

  mountRoute(app, meshRoutes.admitNode, async ({ params, body, principal }) => {
    await administration.admit(params.nodeId, body.note ?? '', principal.subject);
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.unlistNode, async ({ params, principal }) => {
    await administration.unlist(params.nodeId, principal.subject);
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.listEvictions, async ({ query }) => page(administration.evictions(), query));

  mountRoute(app, meshRoutes.readmitNode, async ({ params, principal }) => {
    await administration.readmit(params.nodeId, principal.subject);
    return { status: 204 };
  });
}

/** /api/v1/mesh/settings, key-epoch, revocations */
export function mountSecurity(
  app: FastifyInstance,
  { administration }: Pick<RouteDependencies, 'administration'>,
): void {
  mountRoute(app, meshRoutes.listSettings, async ({ query }) => {
    const { space } = query;
    const all = administration.settings().filter((setting) => space === undefined || setting.space === space);
    return page(all, query);
  });

  mountRoute(app, meshRoutes.getSetting, async ({ params }) => ({
    status: 200,
    body: administration.setting(params),
  }));

  mountRoute(app, meshRoutes.putSetting, async ({ params, body, principal }) => {
    const { value, expectedVersion } = body;
    const changed = await administration.changeSetting(params, value, expectedVersion, principal.subject);
    return { status: 200, body: changed! };
  });

  mountRoute(app, meshRoutes.removeSetting, async ({ params, query, principal }) => {
    await administration.changeSetting(params, null, query.expectedVersion, principal.subject);
    return { status: 204 };
  });

  mountRoute(app, meshRoutes.getKeyEpoch, async () => ({ status: 200, body: administration.keyEpoch() }));

  mountRoute(app, meshRoutes.rotateKeyEpoch, async ({ principal }) => ({
    status: 201,
    body: await administration.rotateKeyEpoch(principal.subject),
  }));

  mountRoute(app, meshRoutes.listRevocations, async ({ query }) => page(administration.revocations(), query));

  mountRoute(app, meshRoutes.revoke, async ({ body, principal, log }) => {
    log.warn({ what: body, operator: principal.subject }, 'a revocation was asked for');
    return { status: 201, body: await administration.revoke(body, principal.subject) };
  });
}
