import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  LEG_REASONS,
  LEG_STATUSES,
  LEGS,
  type Leg,
  type LegReports,
  type SearchRequest,
  type SearchResponse,
} from '@peermesh/contracts/search';
import { waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import { type ApiClients, apiClients } from '../support/api-clients.ts';
import { plainRequest } from '../support/plain-http.ts';

const DEADLINE_MS = 5_000;
/** For a leg that does not answer: the others have to, on a busy machine too. */
const SHORT_DEADLINE_MS = 2_500;
/** What the deadline may be overrun by: the way through the gateway, and a busy machine. */
const TOLERANCE_MS = 3_000;

let fleet: TestFleet;
let api: ApiClients;

before(async () => {
  fleet = await startTestFleet({ overrides: { search: { FAULT_INJECTION_ENABLED: 'true', ANSWER_CACHE_MAX: '0' } } });
  api = apiClients(fleet.gatewayUrl, fleet.adminToken);
  const items = Array.from({ length: 24 }, (_, index) => ({
    title: `Report ${index} on electric cranes`,
    body: `Liebherr delivers electric crane number ${index} to the Port of Hamburg in Germany.`,
    format: 'text' as const,
    publishedAt: new Date(Date.UTC(2026, index % 10, 1)).toISOString(),
    topics: ['cranes'],
  }));
  await api.ingest.submitContentBatch({ body: { items } });
  await waitFor(
    async () => {
      const { body } = await api.search.search({ body: wholeQuery() });
      const { body: legs } = await api.search.listBackends();
      return body.results.length >= 20 && legs.items.every(({ lag }) => lag === 0);
    },
    { timeoutMs: 60_000, message: 'the documents are indexed' },
  );
});
after(() => fleet?.stop());

/** A query that needs every leg. */
function wholeQuery(changes: Partial<SearchRequest> = {}, deadlineMs = DEADLINE_MS): SearchRequest {
  return {
    query: 'Liebherr electric cranes Hamburg',
    mode: 'hybrid',
    sources: Object.fromEntries(LEGS.map((leg) => [leg, { enabled: true, weight: 0.25, deadlineMs }])),
    deadlineMs,
    page: { size: 20 },
    ...changes,
  };
}

type Problem = { readonly code: string; readonly sources: LegReports };

async function search(request: SearchRequest) {
  const startedAt = performance.now();
  const answer = await plainRequest(`${fleet.gatewayUrl}/api/v1/search`, {
    method: 'POST',
    token: await fleet.adminToken(),
    body: request,
  });
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < (request.deadlineMs ?? 0) + TOLERANCE_MS, `took ${tookMs} ms`);
  const { sources } = JSON.parse(answer.text) as { sources: LegReports };
  for (const leg of LEGS) {
    assert.ok(LEG_STATUSES.includes(sources[leg].status), `${leg} ${sources[leg].status}`);
    const { reason } = sources[leg];
    assert.ok(reason === undefined || LEG_REASONS.includes(reason), `${leg} ${reason}`);
  }
  return {
    status: answer.status,
    headers: answer.headers,
    sources,
    found: JSON.parse(answer.text) as SearchResponse,
    problem: JSON.parse(answer.text) as Problem,
  };
}

async function withFault<T>(
  leg: Leg,
  fault: { mode: 'error' | 'hang' | 'delay'; delayMs?: number },
  work: () => Promise<T>,
) {
  await api.search.setFault({ params: { kind: leg }, body: fault });
  try {
    return await work();
  } finally {
    await api.search.setFault({ params: { kind: leg }, body: { mode: 'none' } });
  }
}

/** A breaker that opened because of the test before lets one probe through after a while. */
const untilHealthy = () =>
  waitFor(
    async () => {
      const { sources } = await search(wholeQuery());
      return LEGS.every((leg) => sources[leg].status === 'ok');
    },
    { timeoutMs: 60_000, message: 'all legs are well' },
  );

test('with nothing wrong all four legs answer and nothing is called degraded', async () => {
  const { status, headers, found, sources } = await search(wholeQuery());
  assert.equal(status, 200);
  assert.deepEqual(
    LEGS.map((leg) => sources[leg].status),
    LEGS.map(() => 'ok'),
  );
  assert.deepEqual([found.degraded, found.warnings, headers.get('x-peermesh-degraded')], [false, [], null]);
  assert.equal(found.coverage.weightAnswered, found.coverage.weightRequested);
});

for (const leg of LEGS) {
  const others = LEGS.filter((other) => other !== leg);
  const failures = {
    killed: { fault: { mode: 'error' }, status: 'error', reason: 'connection', deadlineMs: DEADLINE_MS },
    'without an answer': {
      fault: { mode: 'hang' },
      status: 'timeout',
      reason: 'deadline',
      deadlineMs: SHORT_DEADLINE_MS,
    },
    'slower than its deadline': {
      fault: { mode: 'delay', delayMs: 5_000 },
      status: 'timeout',
      reason: 'deadline',
      deadlineMs: SHORT_DEADLINE_MS,
    },
  } as const;
  for (const [name, { fault, status, reason, deadlineMs }] of Object.entries(failures)) {
    test(`with the ${leg} leg ${name} the answer is 200, says so, and holds what the others found`, async () => {
      const answer = await withFault(leg, fault, () => search(wholeQuery({}, deadlineMs)));
      assert.equal(answer.status, 200);
      assert.deepEqual([answer.sources[leg].status, answer.sources[leg].reason], [status, reason]);
      for (const other of others) assert.equal(answer.sources[other].status, 'ok', other);
      assert.equal(answer.found.degraded, true);
      assert.ok(answer.found.results.length > 0);
      assert.equal(answer.headers.get('x-peermesh-degraded'), leg);
      assert.deepEqual(answer.found.warnings, [`${leg}_${status}`]);
      assert.ok(answer.found.coverage.weightAnswered < answer.found.coverage.weightRequested);
      for (const hit of answer.found.results) assert.ok(hit.sources.every(({ source }) => source !== leg));
    });
  }

  test(`with the ${leg} leg slow but in time the answer is whole`, async () => {
    const answer = await withFault(leg, { mode: 'delay', delayMs: 150 }, () => search(wholeQuery()));
    assert.deepEqual([answer.status, answer.sources[leg].status], [200, 'ok']);
    assert.ok((answer.sources[leg].tookMs ?? 0) >= 140, `${answer.sources[leg].tookMs}`);
    assert.equal(answer.found.degraded, false);
  });

  test(`with the ${leg} leg killed a caller that needs it, or all, gets 503 with what each leg said`, async () => {
    await withFault(leg, { mode: 'error' }, async () => {
      for (const partial of ['refuse', `require:[${leg}]`]) {
        const answer = await search(wholeQuery({ partial }));
        assert.equal(answer.status, 503, partial);
        assert.equal(answer.headers.get('content-type'), 'application/problem+json');
        assert.equal(answer.problem.code, 'PM_SEARCH_SOURCES_UNAVAILABLE');
        assert.equal(answer.sources[leg].status, 'error');
      }
      const spared = await search(wholeQuery({ partial: `require:[${others.join(',')}]` }));
      assert.equal(spared.status, 200);
    });
  });
}

test('a query that finds nothing while a leg is away is told apart from one that finds nothing', async () => {
  const query = wholeQuery({ query: 'quetzalcoatlus', mode: 'keyword', sources: { vector: { enabled: true } } });
  const whole = await search(query);
  const partial = await withFault('vector', { mode: 'error' }, () => search(query));
  assert.deepEqual([whole.status, whole.found.degraded], [200, false]);
  assert.deepEqual([partial.status, partial.found.degraded, partial.found.warnings], [200, true, ['vector_error']]);
});

test('with no leg left the answer is 503, and 200 again when they are back', async () => {
  const kill = (left: readonly Leg[]): Promise<number> => {
    const [leg, ...rest] = left;
    if (leg === undefined) return search(wholeQuery()).then(({ status }) => status);
    return withFault(leg, { mode: 'error' }, () => kill(rest));
  };
  assert.equal(await kill(LEGS), 503);
  await untilHealthy();
  assert.equal((await search(wholeQuery())).status, 200);
});

test('a leg that keeps failing is left alone for a while, and taken back when it works', async () => {
  await untilHealthy();
  await withFault('graph', { mode: 'error' }, async () => {
    await waitFor(async () => (await search(wholeQuery())).sources.graph.status === 'circuit_open', {
      timeoutMs: 60_000,
      message: 'the breaker opens',
    });
    const { sources, status } = await search(wholeQuery());
    assert.deepEqual([status, sources.graph.reason], [200, 'breaker']);
  });
  await waitFor(async () => (await search(wholeQuery())).sources.graph.status === 'ok', {
    timeoutMs: 60_000,
    message: 'the breaker closes',
  });
});
