import { waitFor } from '@peermesh/testkit';
import type { Person } from './tenants.ts';

/** A word that stands in everything that {@link fillTenant} makes. */
export const MARK = 'zymurgy';

/** Makes one of each thing that a tenant can own, and waits until the pipeline has made the rest of it. */
export async function fillTenant({ api, userId }: Person): Promise<void> {
  const { body: created } = await api.ingest.createSource({ body: { name: `${MARK} source`, kind: 'push' } });
  const { body: endpoint } = await api.publisher.createEndpoint({
    body: { channel: 'realtime', name: `${MARK} screen` },
  });
  await api.publisher.createSubscription({
    body: { name: `${MARK} subscription`, filter: { topics: [MARK] }, endpointIds: [endpoint.id] },
  });
  await api.ingest.submitContent({
    body: {
      format: 'text',
      title: `${MARK} report`,
      body: `The ${MARK} works of Siemens in Hamburg were sold to Liebherr on 3 March 2026.`,
      topics: [MARK],
      sourceId: created.source.id,
    },
  });
  const { body: entity } = await api.search.createEntity({ body: { name: `${MARK} brewery`, type: 'organization' } });
  const { body: town } = await api.search.createEntity({ body: { name: `${MARK} town`, type: 'location' } });
  await api.search.createRelationship({ body: { from: entity.id, to: town.id, type: 'LOCATED_IN' } });
  await api.auth.createApiKey({ body: { name: `${MARK} key`, scopes: ['content:read'] } });
  await api.auth.putRole({ params: { role: `${MARK}-keeper` }, body: { inherits: 'user', description: MARK } });
  await waitFor(
    async () => {
      const { body: deliveries } = await api.publisher.listDeliveries({ query: { userId } });
      const { body: decisions } = await api.auth.listDecisions({ query: { actor: userId } });
      return deliveries.items.some(({ state }) => state === 'delivered') && decisions.total > 0;
    },
    { timeoutMs: 20_000, message: 'a delivery and a decision of the tenant' },
  );
  const now = Date.now();
  await api.publisher.createRedelivery({
    body: { from: new Date(now - 60_000).toISOString(), to: new Date(now).toISOString(), states: ['delivered'] },
  });
}
