import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorCatalogue } from '@peermesh/errors';
import { FLEET_ROUTES } from '../../src/routes/openapi-route.ts';
import { type GatewayWorld, startWorld, type TestGateway } from '../support/gateway.ts';

let world: GatewayWorld;
let gateway: TestGateway;

before(async () => {
  world = await startWorld();
  gateway = await world.startGateway(null);
});
after(async () => {
  await gateway.stop();
  await world.stop();
});

test('one OpenAPI document has every operation of every service', async () => {
  const answer = await fetch(`${gateway.url}/api/v1/openapi.json`);
  const document = (await answer.json()) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
  };
  assert.match(document.openapi, /^3\.1/);
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  for (const { id } of FLEET_ROUTES) assert.ok(ids.includes(id), id);
  const again = await fetch(`${gateway.url}/openapi.json`, {
    headers: { 'if-none-match': answer.headers.get('etag') ?? '' },
  });
  assert.equal(again.status, 304);
});

test('the reference loads everything from the gateway and allows no other source', async () => {
  const answer = await fetch(`${gateway.url}/docs`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|https:|\*/);
  const page = await answer.text();
  assert.doesNotMatch(page, /<script(?![^>]*src=)|<style|https?:\/\//);
  const assets = [...page.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map((match) => match[1]!);
  assert.ok(assets.length >= 4);
  for (const asset of assets) {
    const loaded = await fetch(gateway.url + asset);
    assert.equal(loaded.status, 200, asset);
    assert.ok((await loaded.arrayBuffer()).byteLength > 100);
    const etag = loaded.headers.get('etag');
    if (etag !== null)
      assert.equal((await fetch(gateway.url + asset, { headers: { 'if-none-match': etag } })).status, 304);
  }
});

test('every error code has its page', async () => {
  const codes = Object.values(errorCatalogue).flatMap((area) => Object.values(area).map(({ code }) => code as string));
  const index = await (await fetch(`${gateway.url}/docs/errors`)).text();
  for (const code of codes) assert.ok(index.includes(`/docs/errors/${code}"`), code);
  const page = await fetch(`${gateway.url}/docs/errors/${codes[0]}`);
  assert.equal(page.status, 200);
  assert.equal((await fetch(`${gateway.url}/docs/errors/PM_NO_SUCH`)).status, 404);
  assert.equal((await fetch(`${gateway.url}/docs/errors/%3Cscript%3E`)).status, 404);
});
