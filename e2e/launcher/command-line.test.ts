import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLocalInstallation, type LocalInstallation } from './local-installation.ts';

let installation: LocalInstallation;
before(async () => {
  installation = await createLocalInstallation();
});
after(() => installation.remove());

test('every command explains itself', async () => {
  for (const command of ['start', 'stop', 'status', 'logs', 'doctor', 'reset', 'dev', 'dlq', 'test', 'bench']) {
    const { code, stdout } = await installation.run(command, '--help');
    assert.equal(code, 0, command);
    assert.match(stdout, new RegExp(`npm (run )?${command}`));
  }
});

test('unknown commands, flags and arguments are refused in one line', async () => {
  const wrong = [
    ['frobnicate'],
    ['start', '--frobnicate'],
    ['status', 'extra'],
    ['logs', '-n', 'many', 'auth'],
    ['start', '--corpus'],
    ['start', '--feed', 'news.example.com/feed'],
    ['start', '--feed', 'file:///etc/passwd'],
  ];
  for (const args of wrong) {
    const { code, stderr, stdout } = await installation.run(...args);
    assert.notEqual(code, 0, args.join(' '));
    assert.match(stderr, /^peermesh: [^\n]+\n$/, args.join(' '));
    assert.equal(stdout, '');
  }
});

test('without a running fleet: status says so with its own exit code, stop does nothing, reset asks', async () => {
  assert.equal((await installation.run('status')).code, 3);
  assert.equal((await installation.run('stop')).code, 0);
  const reset = await installation.run('reset');
  assert.equal(reset.code, 1);
  assert.match(reset.stderr, /--yes/);
});

test('doctor names what it finds and changes nothing', async () => {
  const { code, stdout } = await installation.run('doctor');
  assert.equal(code, 0, stdout);
  for (const name of ['node', 'disk', 'postgres', 'nats', 'redis', 'ports'])
    assert.match(stdout, new RegExp(`${name} `));
});

test('wrong settings are named', async () => {
  const { stderr } = await runWith({ PEERMESH_GATEWAY_PORT: 'eighty' });
  assert.match(stderr, /PEERMESH_GATEWAY_PORT is not a number/);
  const shared = await runWith({ PEERMESH_GATEWAY_PORT: String(installation.port('AUTH')) });
  assert.match(shared.stderr, /gateway and auth both have port|auth and gateway both have port/);
});

async function runWith(change: Record<string, string>): Promise<{ stderr: string }> {
  const before = { ...installation.env };
  Object.assign(installation.env, change);
  try {
    return await installation.run('status');
  } finally {
    Object.assign(installation.env, before);
  }
}
