import { authErrors } from './auth.ts';
import { clientErrors } from './client.ts';
import { commonErrors } from './common.ts';
import { gatewayErrors } from './gateway.ts';
import { httpGuardErrors } from './http-guard.ts';
import { ingestErrors } from './ingest.ts';
import { meshErrors } from './mesh.ts';
import { publisherErrors } from './publisher.ts';
import { routerErrors } from './router.ts';
import { searchErrors } from './search.ts';

/** The whole catalogue by area. A service adds its area in a file of its own beside `common.ts`. */
export const errorCatalogue = {
  auth: authErrors,
  client: clientErrors,
  common: commonErrors,
  gateway: gatewayErrors,
  httpGuard: httpGuardErrors,
  ingest: ingestErrors,
  mesh: meshErrors,
  publisher: publisherErrors,
  router: routerErrors,
  search: searchErrors,
} as const;
