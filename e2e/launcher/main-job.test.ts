import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '@peermesh/testkit';
import { createLocalInstallation, type LocalInstallation } from './local-installation.ts';

const DOCUMENTS = 12;
const folder = temporaryFolder('corpus');
let installation: LocalInstallation;

before(async () => {
  installation = await createLocalInstallation();
  mkdirSync(join(folder.path, 'below'));
  writeFileSync(
    join(folder.path, 'harbour.md'),
    '# Harbour cranes\n\nThe Port of Hamburg ordered electric cranes from Liebherr.\n',
  );
  writeFileSync(
    join(folder.path, 'below/grid.html'),
    '<html><head><title>Grid storage</title></head><body><article><p>Siemens connects battery storage to the grid in Bavaria.</p></article></body></html>',
  );
  writeFileSync(
    join(folder.path, 'notes.txt'),
    'Electric cranes need a grid connection with battery storage near the harbour.\n',
  );
  const lines = Array.from({ length: DOCUMENTS - 3 }, (_, index) =>
    JSON.stringify({
      id: `line-${index}`,
      title: `Report ${index}`,
      text: `Report ${index} on battery storage and electric cranes at pier ${index}.`,
    }),
  );
  writeFileSync(join(folder.path, 'reports.jsonl'), [...lines, '{broken', '{"id":"empty"}', ''].join('\n'));
  writeFileSync(join(folder.path, 'latin1.txt'), Buffer.from([0x47, 0x72, 0xfc, 0xdf, 0x65]));
  writeFileSync(join(folder.path, 'picture.png'), 'not text');
});
after(async () => {
  await installation.remove();
  folder.remove();
});

test('takes a folder in, delivers every document with a right signature, and searches it', async () => {
  const { code, stdout, stderr } = await installation.run('start', '--corpus', folder.path, '--detach');
  assert.equal(code, 0, stdout + stderr);
  for (const reason of ['latin1.txt: is not UTF-8', 'reports.jsonl:10: is not JSON', 'reports.jsonl:11: has no text']) {
    assert.ok(stdout.includes(reason), reason);
  }
  const total = DOCUMENTS + 1;
  assert.match(stdout, new RegExp(`submitted: ${total} accepted, 0 already known, 0 refused`));
  assert.match(stdout, new RegExp(`extracted ${total}, indexed ${total}, published ${total} of ${total}`));
  assert.match(stdout, new RegExp(`documents from intake to the subscriber .* every signature right`));
  assert.match(stdout, /search "[^"]+": .*\n\s+keyword ok \(\d+ hits, [\d.]+ ms\) · vector ok/);
  assert.equal((await installation.run('status')).code, 0);
});

test('a second start knows the documents, delivers what is new, and takes a feed in', async () => {
  await installation.run('stop');
  const feed = createServer((_request, response) => {
    const item =
      '<item><guid>one</guid><title>Feed item</title><link>http://127.0.0.1/one</link><description>Wind power for harbour cranes.</description></item>';
    response.setHeader('content-type', 'application/rss+xml');
    response.end(
      `<?xml version="1.0"?><rss version="2.0"><channel><title>Test</title><link>http://127.0.0.1/</link><description>d</description>${item}</channel></rss>`,
    );
  });
  await new Promise<void>((resolve) => feed.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(feed.address() as AddressInfo).port}/feed.xml`;
  const { code, stdout, stderr } = await installation.run('start', '--corpus', folder.path, '--feed', url, '--detach');
  feed.close();
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, new RegExp(`submitted: 1 accepted, ${DOCUMENTS} already known, 0 refused`));
  assert.match(stdout, /1 of 1 items extracted/);
});

test('a corpus that is not there fails the start with one line and leaves nothing running', async () => {
  await installation.run('stop');
  const { code, stdout } = await installation.run('start', '--corpus', join(folder.path, 'missing'), '--detach');
  assert.equal(code, 1);
  assert.match(stdout, /^peermesh: there is no .*missing: pass a folder/m);
  assert.deepEqual(installation.processes(), []);
});
