import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '@peermesh/contracts';
import type { SubscriptionFilter } from '@peermesh/contracts/publisher';
import {
  compileFilter,
  filterMatches,
  matchable,
  type TriggeredDocument,
} from '../../src/domain/subscription-filter.ts';
import { type IndexedSubscription, mayRead, SubscriptionIndex } from '../../src/domain/subscription-index.ts';
import { triggered } from '../support/documents.ts';

const volvo = { id: 'ent_volvo', name: 'Volvo Cars', type: 'organization', confidence: 0.9 };
const oslo = { id: 'ent_oslo', name: 'Oslo', type: 'place', confidence: 0.4 };
const document = triggered({
  sourceId: 'src_a',
  topics: ['Energy', 'Cars'],
  language: 'en-GB',
  entities: [volvo, oslo],
  confidence: 0.9,
});

const filters: readonly (readonly [string, SubscriptionFilter, boolean])[] = [
  ['nothing', {}, true],
  ['a topic in another case', { topics: ['energy'] }, true],
  ['another topic', { topics: ['steel'] }, false],
  ['one of several topics', { topics: ['steel', 'cars'] }, true],
  ['the source', { sources: ['src_a'] }, true],
  ['another source', { sources: ['src_b'] }, false],
  ['an entity by id', { entities: [{ id: 'ent_volvo' }] }, true],
  ['an entity by name', { entities: [{ name: 'VOLVO  cars' }] }, true],
  ['an entity by type', { entities: [{ type: 'place' }] }, true],
  ['an entity by name and another type', { entities: [{ name: 'Oslo', type: 'person' }] }, false],
  ['an entity that is not certain enough', { entities: [{ name: 'Oslo' }], minConfidence: 0.5 }, false],
  ['a certain entity', { entities: [{ name: 'Volvo Cars' }], minConfidence: 0.5 }, true],
  ['the confidence of the document', { minConfidence: 0.95 }, false],
  ['a language', { languages: ['en'] }, true],
  ['another region', { languages: ['en-US'] }, false],
  ['a query over names', { query: 'volvo AND battery' }, true],
  ['topic and query that fails', { topics: ['energy'], query: 'cobalt' }, false],
  ['a query that only excludes', { query: 'NOT cobalt' }, true],
];
for (const [what, filter, expected] of filters) {
  test(`a filter on ${what} ${expected ? 'matches' : 'does not match'}, with and without the index`, () => {
    assert.equal(filterMatches(compileFilter(filter), matchable(document)), expected);
    const index = new SubscriptionIndex();
    index.put(subscription(filter));
    assert.equal(index.match('default', matchable(document)).length, expected ? 1 : 0);
  });
}

test('the index finds what a scan finds, for random subscriptions and documents', () => {
  let seed = 20261121;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const some = <T>(values: readonly T[]): T[] => values.filter(() => random(3) === 0);
  const topics = ['a', 'b', 'c', 'd'];
  const words = ['battery', 'steel', 'cobalt', 'europe', 'lead'];
  const subscriptions = Array.from({ length: 300 }, () => {
    const filter: SubscriptionFilter = {};
    const chosen = some(topics);
    if (chosen.length > 0) filter.topics = chosen;
    if (random(3) === 0) filter.sources = [`src_${random(4)}`];
    if (random(3) === 0)
      filter.entities = [random(2) === 0 ? { id: `ent_${random(5)}` } : { type: ['place', 'person'][random(2)] ?? '' }];
    if (random(2) === 0) filter.query = `${words[random(5)]} ${['AND', 'OR', 'NOT'][random(3)]} ${words[random(5)]}`;
    return subscription(filter);
  });
  const index = new SubscriptionIndex();
  for (const one of subscriptions) index.put(one);
  for (let turn = 0; turn < 200; turn += 1) {
    const changes: Partial<TriggeredDocument> = {
      topics: some(topics),
      sourceId: `src_${random(4)}`,
      title: some(words).join(' '),
      entities: some([0, 1, 2, 3, 4]).map((n) => ({
        id: `ent_${n}`,
        name: `name ${n}`,
        type: n % 2 ? 'place' : 'person',
        confidence: 1,
      })),
      keyphrases: [],
      summary: '',
    };
    const prepared = matchable(triggered(changes));
    const scanned = subscriptions.filter(({ filter }) => filterMatches(compileFilter(filter), prepared));
    const found = index.match('default', prepared);
    assert.deepEqual(found.map(({ id }) => id).sort(), scanned.map(({ id }) => id).sort(), `turn ${turn}`);
  }
});

test('other tenants, paused and removed subscriptions do not match', () => {
  const index = new SubscriptionIndex();
  const mine = subscription({ topics: ['energy'] });
  index.put(mine);
  assert.equal(index.match('other', matchable(document)).length, 0);
  index.put({ ...mine, filter: { topics: ['steel'] } });
  assert.equal(index.match('default', matchable(document)).length, 0);
  index.put(mine);
  index.put({ ...mine, isActive: false });
  assert.equal(index.match('default', matchable(document)).length, 0);
  assert.equal(index.size, 0);
});

test('only those whom the access list names get a document', () => {
  const reader = { userId: 'usr_a', userRoles: ['user', 'moderator'] };
  assert.ok(mayRead(reader, new Set(['tenant'])));
  assert.ok(mayRead(reader, new Set(['user:usr_a'])));
  assert.ok(mayRead(reader, new Set(['role:moderator'])));
  assert.ok(!mayRead(reader, new Set(['role:admin', 'user:usr_b', 'group:g'])));
});

test('100,000 subscriptions: a document meets only those that could match', () => {
  const index = new SubscriptionIndex();
  let looks = 0;
  const counting = {
    get userRoles() {
      looks += 1;
      return ['user'];
    },
  };
  for (let n = 0; n < 100_000; n += 1) {
    const { userRoles: _, ...rest } = subscription({ topics: [`topic ${n}`], query: 'battery' });
    index.put(Object.create(counting, Object.getOwnPropertyDescriptors(rest)) as IndexedSubscription);
  }
  for (let turn = 0; turn < 100; turn += 1) {
    const document = triggered({ topics: [`topic ${turn}`], acl: ['role:user'] });
    assert.equal(index.match('default', matchable(document)).length, 1);
  }
  assert.equal(looks, 100);
});

function subscription(filter: SubscriptionFilter): IndexedSubscription {
  return {
    id: newId('subscription'),
    tenantId: 'default',
    userId: 'usr_a',
    userRoles: ['user'],
    filter,
    endpointIds: [],
    isActive: true,
  };
}
