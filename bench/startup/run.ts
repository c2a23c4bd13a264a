import { setTimeout as delay } from 'node:timers/promises';
import { writeResult } from '../write-result.ts';
import { freshCheckout } from './checkout.ts';
import { memoryMib, ReadinessWatch } from './processes.ts';

const COLD_MAX_S = 180;
const WARM_MAX_S = 15;
const READY_MAX_MS = 2_000;
const MEMORY_MAX_MIB = 1_536;
const WARM_STARTS = 3;
const IDLE_MS = 15_000;
const SERVICES = [
  'auth',
  'ingest',
  'search',
  'publisher',
  'router',
  'mesh-node',
  'mesh-node-2',
  'mesh-node-3',
  'gateway',
];

const checkout = freshCheckout(20_000 + (process.pid % 20_000));
const start = ['--no-walk', '--detach'];
const warmSeconds: number[] = [];
const readyMs: Record<string, number>[] = [];
let coldSeconds = 0;
let memory: Readonly<Record<string, number>> = {};
try {
  coldSeconds = await checkout.run('start', ...start);
  process.stdout.write(`cold: ${coldSeconds.toFixed(1)} s\n`);
  for (let round = 0; round < WARM_STARTS; round += 1) {
    await checkout.run('stop');
    const watch = new ReadinessWatch(checkout.home);
    warmSeconds.push(await checkout.run('start', ...start));
    readyMs.push(await watch.stop());
    process.stdout.write(
      `warm: ${warmSeconds.at(-1)?.toFixed(1)} s, ready after ${JSON.stringify(readyMs.at(-1))} ms\n`,
    );
  }
  await delay(IDLE_MS);
  memory = memoryMib(checkout.home);
} finally {
  await checkout.run('stop').catch(() => undefined);
  checkout.remove();
}

const worst = Object.fromEntries(
  SERVICES.map((name) => [
    name,
    Math.round(Math.max(...readyMs.map((round) => round[name] ?? Number.POSITIVE_INFINITY))),
  ]),
);
const slowest = Math.max(...Object.values(worst));
const warm = Math.max(...warmSeconds);
const totalMib = Object.values(memory).reduce((sum, mib) => sum + mib, 0);
const passed = coldSeconds < COLD_MAX_S && warm < WARM_MAX_S && slowest < READY_MAX_MS && totalMib < MEMORY_MAX_MIB;
writeResult('startup', {
  passed,
  summary:
    `npm start to healthy: cold ${coldSeconds.toFixed(1)} s with all packages to fetch (promised: 3 min), warm ${warm.toFixed(1)} s (promised: 15 s); ` +
    `slowest service ready ${slowest} ms after its process began (promised: 2 s); idle memory of the fleet ${totalMib} MiB (promised: 1.5 GiB)`,
  figures: { commit: checkout.commit, coldSeconds, warmSeconds, readyMs: worst, memoryMib: memory, totalMib },
  markdown: [
    `Cold: a fresh clone with empty package store, caches and state, \`npm start -- --no-walk --detach\` until it returns. Warm: the same after`,
    `\`npm stop\`, ${WARM_STARTS} times, the slowest counts. Ready: from the start of the process until the launcher has seen \`/health/ready\`.`,
    `Memory: proportional set size of launcher, services and stores with all their children, ${IDLE_MS / 1_000} s after the start.`,
    '',
    '| process | ready after ms (slowest of the warm starts) | idle MiB |',
    '|---|---|---|',
    ...Object.entries(memory).map(([name, mib]) => `| ${name} | ${worst[name] ?? ''} | ${mib} |`),
    `| all | | ${totalMib} |`,
    '',
    'Command: `npm run bench -- startup`. Node is the one on the PATH when it fits.',
  ].join('\n'),
});
process.exitCode = passed ? 0 : 1;
