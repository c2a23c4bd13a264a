import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { Webhook } from 'standardwebhooks';
import { decodeBody } from '../../../src/domain/sources/decode-body.ts';
import { readFeed } from '../../../src/domain/sources/feed-items.ts';
import { isAuthenticHook, newHookSecret } from '../../../src/domain/sources/hook-signature.ts';
import { robotsStateOf, robotsVerdict } from '../../../src/domain/sources/robots.ts';

const RSS = `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title><language>en-gb</language><ttl>90</ttl>
<item><title>First &amp; best</title><link>/a</link><guid isPermaLink="false">id-1</guid><pubDate>Sat, 21 Nov 2026 05:00:00 GMT</pubDate><category>Tech</category><dc:creator>Ann</dc:creator><description>short</description><content:encoded><![CDATA[<p>Long <b>text</b></p>]]></content:encoded></item>
<item><title>No guid</title><link>https://example.org/b</link></item>
<item><description>Only text</description></item>
<item></item></channel></rss>`;
const ATOM = `<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>f</id><updated>2026-11-21T05:00:00Z</updated><entry><id>urn:1</id><title>T</title><link href="/x" rel="alternate"/><updated>2026-11-21T05:00:00Z</updated><author><name>Bob</name></author><content type="html">&lt;p&gt;Body&lt;/p&gt;</content></entry></feed>`;
const JSON_FEED = JSON.stringify({
  version: 'https://jsonfeed.org/version/1.1',
  title: 'J',
  items: [
    {
      id: '1',
      url: 'https://example.org/j',
      content_text: 'plain',
      tags: ['t'],
      date_published: '2026-11-21T05:00:00Z',
    },
  ],
});

test('reads RSS, Atom and JSON Feed into the same shape', () => {
  const rss = readFeed(RSS, 'https://example.org/feed', 100);
  const [first] = rss.items;
  assert.equal(rss.ttlMs, 90 * 60_000);
  assert.equal(first?.itemKey, 'id-1');
  assert.equal(first?.url, 'https://example.org/a');
  assert.equal(first?.converted.title, 'First & best');
  assert.match(first?.converted.text ?? '', /Long text/);
  assert.deepEqual(
    [first?.authors, first?.topics, first?.publishedAt],
    [['Ann'], ['Tech'], '2026-11-21T05:00:00.000Z'],
  );
  const [entry] = readFeed(ATOM, 'https://example.org/atom', 100).items;
  assert.deepEqual(
    [entry?.itemKey, entry?.url, entry?.converted.text.trim(), entry?.authors],
    ['urn:1', 'https://example.org/x', 'Body', ['Bob']],
  );
  const [item] = readFeed(JSON_FEED, 'https://example.org/json', 100).items;
  assert.deepEqual([item?.itemKey, item?.converted.text, item?.topics], ['1', 'plain', ['t']]);
});

test('identifies items by guid, then link, then content, and drops empty ones', () => {
  const keys = readFeed(RSS, 'https://example.org/feed', 100).items.map((item) => item.itemKey);
  assert.equal(keys.length, 3);
  assert.deepEqual(keys.slice(0, 2), ['id-1', 'https://example.org/b']);
  assert.match(keys[2] ?? '', /^sha256:/);
  assert.equal(readFeed(RSS, 'https://example.org/feed', 1).items.length, 1);
});

test('refuses what is no feed', () => {
  for (const body of ['<html><body>hi</body></html>', '{"a":1}', '', 'plain text', '<?xml version="1.0"?><x/>']) {
    assert.throws(
      () => readFeed(body, 'https://example.org/', 10),
      (error) => hasErrorCode(error, 'PM_INGEST_CONTENT_UNREADABLE'),
      body,
    );
  }
});

test('decodes by byte order mark, then header, then declaration, then UTF-8', () => {
  assert.equal(decodeBody(Buffer.from('\ufeffé'), 'text/xml; charset=iso-8859-1'), 'é');
  assert.equal(decodeBody(Buffer.from([0xe9]), 'text/xml; charset="ISO-8859-1"'), 'é');
  assert.equal(
    decodeBody(
      Buffer.concat([Buffer.from('<?xml version="1.0" encoding="windows-1252"?>'), Buffer.from([0x80])]),
      'text/xml',
    ).at(-1),
    '€',
  );
  assert.equal(
    decodeBody(Buffer.concat([Buffer.from('<meta charset=shift_jis>'), Buffer.from([0x93, 0xfa])]), undefined).at(-1),
    '日',
  );
  assert.equal(decodeBody(Buffer.from('é'), 'text/html; charset=klingon'), 'é');
});

test('follows RFC 9309 for every state of robots.txt', () => {
  const agent = 'PeerMesh';
  const rules = robotsStateOf(
    200,
    'User-agent: *\nDisallow: /private\nCrawl-delay: 5\n\nUser-agent: peermesh\nDisallow: /only-us\n',
  );
  assert.equal(robotsVerdict(rules, 'https://example.org/only-us/x', agent).allowed, false);
  assert.equal(robotsVerdict(rules, 'https://example.org/private', agent).allowed, true);
  assert.equal(robotsVerdict(rules, 'https://example.org/private', 'Other').allowed, false);
  assert.equal(robotsVerdict(rules, 'https://example.org/', 'Other').crawlDelayMs, 5000);
  assert.equal(robotsVerdict(robotsStateOf(404, ''), 'https://example.org/x', agent).allowed, true);
  for (const status of [429, 500, 503])
    assert.equal(robotsVerdict(robotsStateOf(status, ''), 'https://example.org/x', agent).allowed, false);
});

test('accepts Standard Webhooks signatures and the plain secret, nothing else', () => {
  const secret = newHookSecret();
  const body = '{"items":[]}';
  const now = new Date();
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', now, body),
  };
  assert.ok(isAuthenticHook(body, headers, [newHookSecret(), secret]));
  assert.ok(!isAuthenticHook(`${body} `, headers, [secret]));
  assert.ok(!isAuthenticHook(body, headers, [newHookSecret()]));
  const text = { ...headers, 'webhook-signature': new Webhook(secret).sign('msg_1', now, 'no json') };
  assert.ok(isAuthenticHook('no json', text, [secret]));
  assert.ok(!isAuthenticHook('no json!', text, [secret]));
  const stale = new Date(now.getTime() - 600_000);
  const old = {
    ...headers,
    'webhook-timestamp': String(Math.floor(stale.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', stale, body),
  };
  assert.ok(!isAuthenticHook(body, old, [secret]));
  assert.ok(isAuthenticHook(body, { 'x-webhook-token': secret }, [secret]));
  assert.ok(isAuthenticHook(body, { authorization: `Bearer ${secret}` }, [secret]));
  assert.ok(
    !isAuthenticHook(body, { ...headers, 'webhook-signature': 'v1,AAAA', 'x-webhook-token': secret }, [secret]),
  );
  assert.ok(!isAuthenticHook(body, {}, [secret]));
  assert.ok(!isAuthenticHook(body, { 'x-webhook-token': '' }, []));
});
