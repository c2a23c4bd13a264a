import { createClient } from '@peermesh/contracts';
import { NodeRoutes, routerRoutes } from '@peermesh/contracts/router';
import { clientErrors } from '@peermesh/errors';
import { Compile } from 'typebox/compile';
import { boundedFetch } from './bounded-fetch.ts';
import type { MemberIdentity, RouteTaker } from './route-taker.ts';

const AUDIENCE = 'router';
/** About 5,000 destinations: what is parsed in one go must not hold up the traffic. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** Asks the router for the routes of this node. */
export interface RouterClient {
  /**
   * @param known tag of the answer that is in use
   * @throws errors of the contract's client; `PM_CLIENT_UNEXPECTED_ANSWER` for one that is not of the contract
   */
  fetchRoutes(self: MemberIdentity, known: string | null, signal: AbortSignal): Promise<NodeRoutes>;
}

/** Asks over HTTP, once each time: whoever polls anyway needs no retries. */
export function createRouterClient(url: string, taker: Pick<RouteTaker, 'prove'>, timeoutMs: number): RouterClient {
  const { fetchNodeRoutes } = routerRoutes;
  const client = createClient(
    { fetchNodeRoutes },
    { baseUrl: url, timeoutMs, retries: 0, fetch: boundedFetch(ANSWER_BYTES_MAX) },
  );
  const schema = Compile(NodeRoutes);
  return {
    fetchRoutes: async (self, known, signal) => {
      const { meshId, shortId } = self;
      const proof = await taker.prove(self, AUDIENCE);
      const body = known === null ? { proof } : { proof, known };
      const answer = await client.fetchNodeRoutes({ params: { meshId, shortId }, body, signal });
      if (!schema.Check(answer.body))
        throw clientErrors.unexpectedAnswer({ detail: 'The routes of the router are not of the contract.' });
      return answer.body;
    },
  };
}
