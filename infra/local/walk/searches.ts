import { LEGS, type SearchResponse, searchRoutes } from '@peermesh/contracts/search';
import { LauncherError } from '../launcher-error.ts';
import { seconds, type Terminal } from '../terminal.ts';
import type { Api } from './api.ts';

const SHOWN_RESULTS = 3;
const LEG_FAILURES = new Set(['timeout', 'error', 'circuit_open', 'stale', 'partial']);

/** Runs searches and prints what was fused from which legs. Rejects when one finds nothing or a leg failed. */
export async function showSearches(api: Api, terminal: Terminal, queries: readonly string[]): Promise<void> {
  for (const query of queries) {
    const startedAt = performance.now();
    const { body } = await api.call(searchRoutes.search, { body: { query, page: { size: SHOWN_RESULTS } } });
    terminal.line(`\n  search "${query}": ${describeTotal(body)} in ${seconds(performance.now() - startedAt)}`);
    terminal.line(`    ${LEGS.map((leg) => describeLeg(leg, body)).join(' · ')}`);
    for (const [index, hit] of body.results.entries()) {
      const from = hit.sources.map(({ source, rank }) => `${source} #${rank}`).join(', ');
      terminal.line(`    ${index + 1}. ${hit.score.toFixed(3)}  ${hit.title || hit.id}  [${hit.type}; ${from}]`);
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
