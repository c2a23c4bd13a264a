import type { LinkState, RoutedTopology } from '@peermesh/contracts/router';
import type { Database } from '@peermesh/database';
import { commonErrors, routerErrors } from '@peermesh/errors';
import { historyBegin, readAt, readCurrent } from '../adapters/pg/link-state-store.ts';
import type { StoredLinkState } from '../domain/link-state.ts';

/** States that did not change are written into the history again after so long, so looking back further is never needed. */
export const HISTORY_REPEAT_MS = 7 * 24 * 3_600_000;
/** How late that may happen. */
const HISTORY_SLACK_MS = 2 * 24 * 3_600_000;

/**
 * The link states of a mesh, now or at a time.
 * @throws PM_COMMON_NOT_FOUND for a mesh that nobody has heard of, PM_ROUTER_HISTORY_GONE for a time before the history
 */
export async function showTopology(
  db: Database<unknown>,
  meshId: string,
  at: Date | null,
  now: Date,
): Promise<RoutedTopology> {
  const moment = at ?? now;
  const states = await db.system(
    async (tx) => {
      if (at === null) return readCurrent(tx, meshId);
      const found = await readAt(tx, meshId, new Date(at.getTime() - HISTORY_REPEAT_MS - HISTORY_SLACK_MS), at);
      if (found.length > 0) return found;
      const begin = await historyBegin(tx, meshId);
      if (begin !== null && begin > at) throw routerErrors.historyGone({ meta: { begin: begin.toISOString() } });
      return found;
    },
    { readOnly: true },
  );
  if (states.length === 0) throw commonErrors.notFound();
  return {
    meshId,
    at: moment.toISOString(),
    revision: states.reduce((newest, { revision }) => Math.max(newest, revision), 0),
    nodes: states
      .filter(({ isWithdrawn }) => !isWithdrawn)
      .sort((a, b) => a.origin - b.origin)
      .map(linkStateOf),
  };
}

function linkStateOf({ state, changedAt }: StoredLinkState): LinkState {
  const { origin, nodeId, name, version, flags, region, tenant, links } = state;
  return { origin, nodeId, name, version, flags, region, tenant, links, changedAt: changedAt.toISOString() };
}
