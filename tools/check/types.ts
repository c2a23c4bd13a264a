import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';

/** Builds every package with its references, then checks the tests of each, as many at once as there are cores. */
const projects = globSync('{packages,services}/*/tsconfig.json').concat(
  existsSync('infra/tsconfig.json') ? ['infra/tsconfig.json'] : [],
);
const tests = globSync('{packages/*,services/*,infra,e2e,bench,tools}/tsconfig.test.json').sort();

function tsc(args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('node_modules/.bin/tsc', args, { stdio: 'inherit' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

let ok = await tsc(['-b', ...projects]);

async function checkTests(): Promise<void> {
  for (let project = tests.shift(); project !== undefined; project = tests.shift()) {
    if (await tsc(['-p', project, '--noEmit'])) continue;
    process.stderr.write(`types of ${dirname(project)} do not hold\n`);
    ok = false;
  }
}

await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, checkTests));
process.exitCode = ok ? 0 : 1;
