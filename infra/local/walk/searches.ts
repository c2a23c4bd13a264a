import { LEGS, type SearchRequest, type SearchResponse, searchRoutes } from '@peermesh/contracts/search';
import { LauncherError } from '../launcher-error.ts';
import { seconds, type Terminal } from '../terminal.ts';
import type { Api } from './api.ts';

const SHOWN_RESULTS = 3;
/** The first searches of a fresh process are slower than the defaults allow; what they took is shown. */
const DEADLINE_MS = 3_000;
const UNHURRIED = Object.fromEntries(LEGS.map((leg) => [leg, { deadlineMs: DEADLINE_MS }]));
const LEG_FAILURES = new Set(['timeout', 'error', 'circuit_open', 'stale', 'partial']);

/** Runs searches and prints what was fused from which legs. Rejects when one finds nothing or a leg failed. */
export async function showSearches(api: Api, terminal: Terminal, queries: readonly string[]): Promise<void> {
  const entity = await mostMentionedEntity(api);
  const requests: SearchRequest[] = queries.map((query) => ({ query }));
  // Starting at a node of the graph brings in the leg that words alone do not ask.
  if (entity !== undefined) requests.push({ query: entity.name, graph: { seeds: [entity.id] } });
  for (const request of requests) {
    const { query } = request;
    const startedAt = performance.now();
    const { body } = await api.call(searchRoutes.search, {
      body: { ...request, sources: UNHURRIED, deadlineMs: DEADLINE_MS, page: { size: SHOWN_RESULTS } },
    });
    const start = request.graph === undefined ? '' : ' from that entity';
    terminal.line(`\n  search "${query}"${start}: ${describeTotal(body)} in ${seconds(performance.now() - startedAt)}`);
    terminal.line(`    ${LEGS.map((leg) => describeLeg(leg, body)).join(' · ')}`);
    for (const [index, hit] of body.results.entries()) {
      const from = hit.sources.map(({ source, rank }) => `${source} #${rank}`);
      if (hit.pinned !== undefined) from.unshift(`pinned by ${hit.pinned}`);
      terminal.line(
        `    ${index + 1}. ${hit.score.toFixed(3)}  ${hit.title || hit.id}  [${[hit.type, ...from].join(', ')}]`,
      );
      if (hit.snippet !== '') terminal.line(`       ${hit.snippet.replaceAll(/\s+/g, ' ').slice(0, 110)}`);
    }
    if (body.results.length === 0)
      throw new LauncherError(`the search "${query}" found nothing`, 'see `npm run logs -- search`');
    const failed = LEGS.filter((leg) => LEG_FAILURES.has(body.sources[leg].status));
    if (failed.length > 0) {
      throw new LauncherError(`search legs failed: ${failed.join(', ')}`, 'see `npm run logs -- search`');
    }
  }
}

async function mostMentionedEntity(api: Api): Promise<{ readonly id: string; readonly name: string } | undefined> {
  const { body } = await api.call(searchRoutes.listEntities, { query: { limit: 200 } });
  return body.items.toSorted((a, b) => b.documents - a.documents || b.confidence - a.confidence)[0];
}

function describeTotal({ total }: SearchResponse): string {
  return `${total.relation === 'gte' ? 'at least ' : ''}${total.value} hits`;
}

function describeLeg(leg: (typeof LEGS)[number], { sources }: SearchResponse): string {
  const { status, reason, tookMs, hits } = sources[leg];
  const details = [
    ...(reason === undefined ? [] : [reason]),
    ...(hits === undefined ? [] : [`${hits} hits`]),
    ...(tookMs === undefined ? [] : [`${tookMs.toFixed(1)} ms`]),
  ];
  return `${leg} ${status}${details.length === 0 ? '' : ` (${details.join(', ')})`}`;
}
