import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import { createLocalInstallation, type LocalInstallation } from './local-installation.ts';

/** The launcher, its two children, and some of the nodes. */
const SOME_NODES = 6;
let installation: LocalInstallation;

before(async () => {
  installation = await createLocalInstallation();
});
after(() => installation.remove());

async function withNodes(): Promise<ChildProcess> {
  const demo = installation.spawn('mesh:demo', '--quick');
  demo.stdout?.resume();
  demo.stderr?.resume();
  await waitFor(() => installation.processes().length >= SOME_NODES, { timeoutMs: 60_000, message: 'nodes start' });
  return demo;
}

const nobodyIsLeft = (): Promise<unknown> =>
  waitFor(() => installation.processes().length === 0, { timeoutMs: 30_000, message: 'all processes end' });

test('mesh:demo shows what it promises: after two lost links, a dead leader and a dead relay all messages have arrived', async () => {
  const { code, stdout, stderr } = await installation.run('mesh:demo', '--quick');
  assert.equal(code, 0, `${stdout}${stderr}`);
  const report = stdout.slice(stdout.indexOf('What happened'));
  for (const what of [/link edge-1 - quay-\d cut/, /link edge-1 - quay-\d silent/, /kill -9 of quay-\d/])
    assert.match(report, new RegExp(`${what.source} +[\\d.]+ m?s +[\\d.]+ m?s`));
  assert.match(report, /kill -9 of quay-\d +[\d.]+ m?s +[\d.]+ m?s +[\d.]+ m?s/, 'a new leader, and when');
  const [, accepted] = /Messages: (\d+) accepted, \d+ arrived, 0 lost, 0 repeated, 0 out of order/.exec(report) ?? [];
  assert.ok(Number(accepted) > 100, report);
  await nobodyIsLeft();
});

test('Ctrl-C ends mesh:demo and all of its nodes', async () => {
  const demo = await withNodes();
  const ended = once(demo, 'exit');
  demo.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  await nobodyIsLeft();
});

test('kill -9 of the launcher leaves none of the nodes behind', async () => {
  const demo = await withNodes();
  demo.kill('SIGKILL');
  await nobodyIsLeft();
});
