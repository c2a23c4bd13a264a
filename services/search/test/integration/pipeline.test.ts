import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '@peermesh/contracts';
import {
  ContentDeleted,
  DocumentIndexed,
  EntityChanged,
  Extracted,
  PublishingTriggered,
} from '@peermesh/contracts/events';
import { waitFor } from '@peermesh/testkit';
import { extractedSample } from '../support/sample-documents.ts';
import { type SearchFixture, startSearch } from '../support/start-search.ts';

let search: SearchFixture;
before(async () => {
  search = await startSearch();
});
after(() => search.stop());

test('makes an extracted document searchable on every leg and announces it once', async () => {
  const [id] = await search.index([
    {
      title: 'Battery recycling in Europe',
      text: 'Marie Curie Labs opened a battery recycling plant near Warsaw with new subsidies.',
      topics: ['energy'],
      entities: [
        { name: 'Marie Curie Labs', type: 'organization' },
        { name: 'Warsaw', type: 'location' },
      ],
      relationships: [{ from: 0, to: 1, type: 'LOCATED_IN', confidence: 0.8 }],
    },
  ]);
  const { status, body, headers } = await search.search({
    query: 'battery recycling subsidies Warsaw',
    explain: 'full',
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.results[0].id, id);
  assert.equal(body.degraded, false, JSON.stringify(body.sources));
  assert.equal(headers['x-peermesh-degraded'], undefined);
  assert.deepEqual(body.results[0].sources.map(({ source }: { source: string }) => source).sort(), [
    'graph',
    'keyword',
    'vector',
  ]);
  assert.match(body.results[0].snippet, /battery recycling plant/);
  const announced = () => search.published(DocumentIndexed).filter(({ data }) => data.documentId === id);
  const triggered = () => search.published(PublishingTriggered).filter(({ data }) => data.documentId === id);
  await waitFor(() => announced().length > 0 && triggered().length > 0);
  assert.deepEqual([announced().length, triggered().length], [1, 1]);
  assert.deepEqual(
    triggered()[0]
      ?.data.entities.map(({ name }) => name)
      .sort(),
    ['Marie Curie Labs', 'Warsaw'],
  );
  await waitFor(() => search.published(EntityChanged).length >= 2);
});

test('takes the newest version whatever the order, and replays change nothing', async () => {
  const documentId = newId('document');
  const versions = [3, 1, 2].map((version) =>
    extractedSample({ documentId, version, text: `zebra edition${version}` }),
  );
  for (const data of versions) await search.send(Extracted, data, { id: crypto.randomUUID() });
  for (const data of versions) await search.send(Extracted, data);
  await waitFor(async () => (await search.call('GET', `/api/v1/documents/${documentId}`)).body.version === 3);
  await search.settled();
  const { body } = await search.search({ query: 'edition3', mode: 'keyword' });
  assert.deepEqual(
    body.results.map((hit: { id: string }) => hit.id),
    [documentId],
  );
  assert.equal((await search.search({ query: 'edition1', mode: 'keyword' })).body.results.length, 0);
});

test('a withdrawn document does not come back by a late version', async () => {
  const data = extractedSample({ text: 'walrus quartet' });
  const { documentId, contentId } = data.document;
  await search.send(ContentDeleted, { documentId, contentId, version: 2, sourceId: null });
  await waitFor(
    async () =>
      (
        await search.database.db.system((tx) =>
          tx.client.query('SELECT FROM search.search_documents WHERE id = $1', [documentId]),
        )
      ).rowCount === 1,
  );
  await search.send(Extracted, data);
  await search.index([{ text: 'walrus solo' }]);
  const { body } = await search.search({ query: 'walrus quartet', mode: 'keyword' });
  assert.equal(body.results.length, 1);
  assert.equal((await search.call('GET', `/api/v1/documents/${documentId}`)).status, 404);
});

test('resolves entities over documents by name, type and alias', async () => {
  await search.index([{ text: 'one', entities: [{ name: 'Ada Lovelace', aliases: ['Countess of Lovelace'] }] }]);
  await search.index([
    { text: 'two', entities: [{ name: 'ADA  LOVELACE' }] },
    { text: 'three', entities: [{ name: 'Countess of Lovelace' }] },
  ]);
  const { body } = await search.call('GET', '/api/v1/entities?name=ada%20lovelace');
  assert.equal(body.total, 1);
  assert.equal(body.items[0].documents, 3);
  const pinned = await search.search({ query: 'ada lovelace' });
  assert.equal(pinned.body.results[0].type, 'entity');
  assert.equal(pinned.body.results[0].pinned, 'name');
  const around = await search.call('GET', `/api/v1/entities/${body.items[0].id}/neighbors`);
  assert.equal(around.body.nodes.length, 4);
});
