import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { dirname } from 'node:path';

/** Builds every package with its references, then checks the tests of each. */
const projects = globSync('{packages,services}/*/tsconfig.json').concat(
  existsSync('infra/tsconfig.json') ? ['infra/tsconfig.json'] : [],
);
const tests = globSync('{packages/*,services/*,infra,e2e,bench,tools}/tsconfig.test.json');
const tsc = (args: readonly string[]): boolean => {
  const { status } = spawnSync('node_modules/.bin/tsc', args, { stdio: 'inherit' });
  return status === 0;
};
let ok = tsc(['-b', ...projects]);
for (const project of tests.sort()) {
  if (!tsc(['-p', project, '--noEmit'])) {
    process.stderr.write(`types of ${dirname(project)} do not hold\n`);
    ok = false;
  }
}
process.exitCode = ok ? 0 : 1;
