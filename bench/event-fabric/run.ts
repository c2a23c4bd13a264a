import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { serviceNodeFlags } from '@peermesh/infra/node-flags';

// Both ways are measured with the flags that services run with: with V8's four helpers a collection takes both cores.
const measurement = spawn(
  process.execPath,
  [...process.execArgv, ...serviceNodeFlags(), join(import.meta.dirname, 'fabric-process.ts')],
  { stdio: 'inherit' },
);
const [code] = (await once(measurement, 'exit')) as [number | null];
process.exitCode = code ?? 1;
