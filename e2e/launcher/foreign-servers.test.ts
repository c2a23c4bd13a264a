import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freePort, startTestNats, startTestPostgres, startTestRedis } from '@peermesh/testkit';
import { createLocalInstallation, type LocalInstallation } from './local-installation.ts';

let installation: LocalInstallation;
before(async () => {
  installation = await createLocalInstallation();
});
after(() => installation.remove());

test('servers named by the environment are used instead of own ones', async (t) => {
  const [postgres, nats, redis] = await Promise.all([
    startTestPostgres({ own: true }),
    startTestNats(),
    startTestRedis(),
  ]);
  t.after(() => Promise.all([postgres.stop(), nats.stop(), redis.stop()]));
  Object.assign(installation.env, {
    PEERMESH_POSTGRES_URL: postgres.adminUrl,
    PEERMESH_NATS_URL: nats.url,
    PEERMESH_REDIS_URL: redis.url,
  });
  const started = await installation.run('start', '--no-walk', '--detach');
  assert.equal(started.code, 0, started.stdout + started.stderr);
  const { stdout } = await installation.run('status', '--json');
  const { processes } = JSON.parse(stdout) as { processes: { name: string }[] };
  assert.ok(!processes.some(({ name }) => ['postgres', 'nats', 'redis'].includes(name)));
  assert.equal((await installation.run('stop')).code, 0);
});

test('a server that the environment names but that is not there is named in one line', async () => {
  for (const [name, scheme] of [
    ['POSTGRES', 'postgres'],
    ['NATS', 'nats'],
    ['REDIS', 'redis'],
  ] as const) {
    for (const other of ['POSTGRES', 'NATS', 'REDIS']) delete installation.env[`PEERMESH_${other}_URL`];
    installation.env[`PEERMESH_${name}_URL`] = `${scheme}://127.0.0.1:${await freePort()}`;
    const { code, stdout } = await installation.run('start', '--no-walk');
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`^peermesh: PEERMESH_${name}_URL does not answer: [^\\n]+$`, 'm'));
  }
  assert.deepEqual(installation.processes(), []);
});
