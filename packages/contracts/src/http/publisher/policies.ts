import type { RoutePolicy } from '../../define-route.ts';

/** Who may call a route of the publisher: whoever is known and has the scope. */
export const policy = (action: string, scope: 'read' | 'write', minRole: 'user' | 'admin' = 'user'): RoutePolicy => ({
  access: 'authenticated',
  action,
  minRole,
  scopes: [`subscriptions:${scope}`],
});
