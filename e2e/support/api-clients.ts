import { type Client, createClient } from '@peermesh/contracts';
import { routeCatalogue } from '@peermesh/contracts/catalogue';

type Catalogue = typeof routeCatalogue;

/** A typed client of every service, all through the gateway. */
export type ApiClients = { readonly [Service in keyof Catalogue]: Client<Catalogue[Service]> };

/** Makes clients that present this token; without one they are anonymous. */
export function apiClients(gatewayUrl: string, token?: string | (() => Promise<string>)): ApiClients {
  const options = { baseUrl: gatewayUrl, ...(token === undefined ? {} : { token }) };
  return {
    auth: createClient(routeCatalogue.auth, options),
    gateway: createClient(routeCatalogue.gateway, options),
    ingest: createClient(routeCatalogue.ingest, options),
    mesh: createClient(routeCatalogue.mesh, options),
    publisher: createClient(routeCatalogue.publisher, options),
    router: createClient(routeCatalogue.router, options),
    search: createClient(routeCatalogue.search, options),
  };
}
