import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

const text = readFileSync(resolve(import.meta.dirname, '../../docker/Dockerfile'), 'utf8');
/** Instructions, with continued lines joined. */
const instructions = text
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));
const stages = instructions.filter((line) => line.startsWith('FROM '));
const runtime = instructions.slice(instructions.indexOf(stages.at(-1) ?? ''));

test('builds in one stage and runs in another that is not root', () => {
  assert.equal(stages.length, 2);
  assert.ok(runtime.includes('USER 65532:65532'));
  assert.ok(runtime.findIndex((line) => line.startsWith('USER')) < runtime.findIndex((line) => line.startsWith('CMD')));
  assert.ok(!runtime.some((line) => line.startsWith('RUN ')), 'nothing is installed in the final stage');
});

test('versions are pinned, nothing is fetched unseen, no secret is baked in', () => {
  for (const stage of stages) assert.doesNotMatch(stage, /:latest|^FROM \w+$/);
  assert.match(text, /PNPM_VERSION=\d+\.\d+\.\d+/);
  assert.match(text, /--frozen-lockfile/);
  for (const line of instructions) {
    assert.doesNotMatch(line, /^ADD |curl|wget|sudo|chmod 777/);
    assert.doesNotMatch(line, /(PASSWORD|SECRET|TOKEN|_KEY)=/);
  }
});

test('Node is the first process, in exec form, and the image knows whether it is healthy', () => {
  assert.ok(runtime.includes('CMD ["node", "dist/main.js"]'));
  assert.ok(runtime.some((line) => line.startsWith('HEALTHCHECK ') && line.includes('CMD ["node"')));
});

test('the pnpm of the image is the one of the launcher', () => {
  const bootstrap = readFileSync(resolve(import.meta.dirname, '../../local/bootstrap.mjs'), 'utf8');
  const version = /PNPM_VERSION = '([\d.]+)'/.exec(bootstrap)?.[1];
  assert.ok(text.includes(`PNPM_VERSION=${version}`));
});
