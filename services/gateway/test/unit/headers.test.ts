import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { ClientAddresses, limitKeyOf } from '../../src/proxy/client-address.ts';
import { clientHeaders, upstreamHeaders } from '../../src/proxy/headers.ts';

const facts = {
  requestId: 'req-12345678',
  clientAddress: '203.0.113.7',
  isPeerTrusted: false,
  isEncrypted: false,
  authorization: 'Bearer jwt',
  contentLength: null,
  trace: null,
};

function asMap(list: readonly string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (let index = 0; index < list.length; index += 2) map[list[index]!] = list[index + 1]!;
  return map;
}

test('drops hop-by-hop and spoofable headers, keeps the rest', () => {
  const sent = asMap(
    upstreamHeaders(
      {
        host: 'api.example.com',
        accept: 'text/html',
        connection: 'keep-alive, X-Secret',
        'x-secret': '1',
        'keep-alive': 'timeout=5',
        'transfer-encoding': 'chunked',
        te: 'trailers',
        authorization: 'Bearer mine',
        'x-api-key': 'pm_live_x',
        'x-forwarded-for': '1.1.1.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'evil.example.com',
        forwarded: 'for=1.1.1.1',
        'x-real-ip': '1.1.1.1',
        'x-original-url': '/admin',
        'x-peermesh-subject': 'usr_admin',
        'idempotency-key': '"k"',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
      facts,
    ),
  );
  assert.deepEqual(sent, {
    accept: 'text/html',
    'idempotency-key': '"k"',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'x-request-id': 'req-12345678',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'api.example.com',
    authorization: 'Bearer jwt',
  });
});

test('believes a trusted proxy about protocol, host and chain', () => {
  const sent = asMap(
    upstreamHeaders(
      {
        host: 'inner',
        'x-forwarded-for': '198.51.100.1',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'api.example.com',
      },
      { ...facts, isPeerTrusted: true },
    ),
  );
  assert.equal(sent['x-forwarded-proto'], 'https');
  assert.equal(sent['x-forwarded-host'], 'api.example.com');
  assert.equal(sent['x-forwarded-for'], '198.51.100.1');
});

test('drops a traceparent that is none', () => {
  assert.equal(asMap(upstreamHeaders({ traceparent: 'evil' }, facts))['traceparent'], undefined);
});

test('continues a trace of its own in place of the client’s', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01';
  const sent = asMap(
    upstreamHeaders(
      { traceparent: traceparent.replace('00f0', 'ffff'), tracestate: 'a=b' },
      { ...facts, trace: { traceparent } },
    ),
  );
  assert.deepEqual([sent['traceparent'], sent['tracestate']], [traceparent, undefined]);
});

test('returns every cookie and no hop-by-hop header', () => {
  const returned = clientHeaders(
    {
      'set-cookie': ['a=1', 'b=2'],
      connection: 'close, x-hop',
      'x-hop': '1',
      'transfer-encoding': 'chunked',
      server: 'x',
      etag: '"1"',
      ratelimit: 'x',
    },
    { dropsRateLimit: true },
  );
  assert.deepEqual(returned, ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'etag', '"1"']);
});

function request(peer: string, forwarded?: string): IncomingMessage {
  return {
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  } as never;
}

test('takes the address from trusted proxies only, from the right', () => {
  const addresses = new ClientAddresses(['10.0.0.0/8', '::1']);
  assert.equal(addresses.of(request('203.0.113.7', '1.1.1.1')), '203.0.113.7');
  assert.equal(addresses.of(request('10.0.0.1', '6.6.6.6, 198.51.100.1, 10.0.0.2')), '198.51.100.1');
  assert.equal(addresses.of(request('::ffff:10.0.0.1', '198.51.100.1')), '198.51.100.1');
  assert.equal(addresses.of(request('::1', 'nonsense')), '::1');
  assert.equal(addresses.of(request('10.0.0.1')), '10.0.0.1');
  assert.equal(new ClientAddresses([]).of(request('10.0.0.1', '1.1.1.1')), '10.0.0.1');
});

test('an IPv6 caller is limited by its network', () => {
  assert.equal(limitKeyOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64');
  assert.equal(limitKeyOf('2001:db8::9'), '2001:db8:0:0::/64');
  assert.equal(limitKeyOf('198.51.100.1'), '198.51.100.1');
});
