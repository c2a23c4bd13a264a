import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { hasErrorCode } from '@peermesh/errors';
import { type Dispatcher, request } from 'undici';
import { createGuardedAgent, type HostResolver } from '../../src/index.ts';

let server: Server;
let port: number;
let hits = 0;
const agents: Dispatcher[] = [];

before(async () => {
  server = createServer((incoming, response) => {
    hits += 1;
    if (incoming.url === '/redirect') response.writeHead(302, { location: 'http://127.0.0.1/secret' }).end();
    else response.end('secret');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
after(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function agentWith(options: Parameters<typeof createGuardedAgent>[0]): Dispatcher {
  const agent = createGuardedAgent({ ports: [80, 443, port], connectTimeoutMs: 500, ...options });
  agents.push(agent);
  return agent;
}
const resolvesTo = (...answers: string[][]): HostResolver & { calls: number } => {
  const resolve = async (): Promise<{ address: string; family: 4 | 6 }[]> => {
    const answer = answers[Math.min(resolver.calls, answers.length - 1)] ?? [];
    resolver.calls += 1;
    return answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  const resolver = Object.assign(resolve, { calls: 0 });
  return resolver;
};
const isForbidden = (error: unknown): boolean => hasErrorCode(error, 'PM_HTTP_GUARD_ADDRESS_FORBIDDEN');

test('refuses a name that resolves to loopback', async () => {
  const before = hits;
  const dispatcher = agentWith({ resolve: resolvesTo(['127.0.0.1']) });
  await assert.rejects(request(`http://rebind.example:${port}/`, { dispatcher }), isForbidden);
  assert.equal(hits, before);
});

test('refuses a name of which any address is private', async () => {
  const dispatcher = agentWith({ resolve: resolvesTo(['93.184.215.14', '10.0.0.1']) });
  await assert.rejects(request(`http://mixed.example:${port}/`, { dispatcher }), isForbidden);
});

test('refuses IPv4-mapped and NAT64 answers', async () => {
  for (const address of ['::ffff:127.0.0.1', '64:ff9b::7f00:1', '::1']) {
    const dispatcher = agentWith({ resolve: resolvesTo([address]) });
    await assert.rejects(request(`http://mapped.example:${port}/`, { dispatcher }), isForbidden, address);
  }
});

test('resolves once per connection, so a rebinding name gains nothing', async () => {
  const resolve = resolvesTo(['192.0.2.1', '127.0.0.1'], ['127.0.0.1']);
  const dispatcher = agentWith({ resolve });
  await assert.rejects(request(`http://rebind.example:${port}/`, { dispatcher }), isForbidden);
  assert.equal(resolve.calls, 1);
  const publicFirst = resolvesTo(['198.51.100.1'], ['127.0.0.1']);
  const openNet = agentWith({ resolve: publicFirst, allowHosts: ['198.51.100.0/24'] });
  const before = hits;
  await assert.rejects(request(`http://rebind.example:${port}/`, { dispatcher: openNet }));
  await assert.rejects(request(`http://rebind.example:${port}/`, { dispatcher: openNet }), isForbidden);
  assert.equal(hits, before);
});

test('refuses address literals before a socket is opened', async () => {
  const dispatcher = agentWith({});
  for (const url of [`http://127.0.0.1:${port}/`, `http://[::ffff:7f00:1]:${port}/`, `http://2130706433:${port}/`]) {
    await assert.rejects(request(url, { dispatcher }), isForbidden, url);
  }
});

test('checks a redirect target like any other address', async () => {
  const dispatcher = agentWith({ allowHosts: ['feeds.example'], resolve: resolvesTo(['127.0.0.1']) });
  const answer = await request(`http://feeds.example:${port}/redirect`, { dispatcher });
  assert.equal(answer.statusCode, 302);
  await answer.body.dump();
  await assert.rejects(request(String(answer.headers['location']), { dispatcher }), isForbidden);
});

test('lets an operator open single hosts and networks', async () => {
  const byName = agentWith({ allowHosts: ['feeds.example'], resolve: resolvesTo(['127.0.0.1']) });
  assert.equal(await (await request(`http://feeds.example:${port}/`, { dispatcher: byName })).body.text(), 'secret');
  const byNetwork = createGuardedAgent({ allowHosts: ['127.0.0.0/8'] });
  agents.push(byNetwork);
  assert.equal(await (await request(`http://127.0.0.1:${port}/`, { dispatcher: byNetwork })).body.text(), 'secret');
});

test('names a host that does not resolve', async () => {
  const dispatcher = agentWith({ resolve: resolvesTo([]) });
  await assert.rejects(request('http://nowhere.example/', { dispatcher }), (error) =>
    hasErrorCode(error, 'PM_HTTP_GUARD_HOST_UNRESOLVABLE'),
  );
});
