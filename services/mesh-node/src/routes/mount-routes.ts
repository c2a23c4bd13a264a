import type { FastifyInstance } from 'fastify';
import type { RouteDependencies } from './route-dependencies.ts';
import { mountAdministration, mountSecurity } from './v1/administration.ts';
import { mountBootstrap } from './v1/bootstrap.ts';
import { mountMembers } from './v1/members.ts';
import { mountMessages } from './v1/messages.ts';
import { mountWatch } from './v1/watch.ts';

/** Mounts every route of the node. */
export function mountRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  mountBootstrap(app, dependencies);
  mountMembers(app, dependencies);
  mountAdministration(app, dependencies);
  mountSecurity(app, dependencies);
  mountWatch(app, dependencies);
  mountMessages(app, dependencies);
}
