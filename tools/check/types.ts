import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

/** Builds what images and published packages hold, then checks everything, tests included, as one program. */
const packages = globSync('{packages/*,services/*,infra}/tsconfig.json').sort();
const steps = [
  ['-b', ...packages],
  ['-p', 'tsconfig.json'],
];
const ok = steps.map((args) => spawnSync('node_modules/.bin/tsc', args, { stdio: 'inherit' }).status === 0);
process.exitCode = ok.every(Boolean) ? 0 : 1;
