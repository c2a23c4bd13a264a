import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { freePort } from '../../servers/index.ts';

const COUNT = 400;
const PROGRAM = `
  import { freePort } from '${new URL('../../servers/free-port.ts', import.meta.url)}';
  const ports = [];
  for (let i = 0; i < ${COUNT}; i += 1) ports.push(await freePort());
  console.log(JSON.stringify(ports));
  setInterval(() => {}, 60_000);
`;

test('two processes that ask for hundreds of ports never get the same one, nor the same one twice', async () => {
  const other = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: other.stdout });
    const answer = once(lines, 'line');
    const mine = [];
    for (let i = 0; i < COUNT; i += 1) mine.push(await freePort());
    const [line] = (await answer) as [string];
    const theirs = JSON.parse(line) as number[];
    assert.equal(new Set([...mine, ...theirs]).size, 2 * COUNT);
  } finally {
    other.kill('SIGKILL');
  }
});
