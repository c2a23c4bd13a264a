import { writeResult } from '../write-result.ts';
import { openEnvironment } from './environment.ts';
import { Fabric } from './fabric.ts';
import { runReference } from './reference.ts';

const EVENTS = 30_000;
const ROUNDS = 5;
const PACED_PER_SECOND = 2_000;
const PACED_SECONDS = 10;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] ?? 0;

const environment = await openEnvironment();
const fabric = new Fabric(environment);
const rounds: { reference: number; fabric: number; ratio: number }[] = [];
try {
  await fabric.start();
  await runReference(environment, EVENTS);
  await fabric.saturated(EVENTS);
  for (let round = 0; round < ROUNDS; round += 1) {
    const reference = await runReference(environment, EVENTS);
    const measured = await fabric.saturated(EVENTS);
    rounds.push({ reference: Math.round(reference), fabric: Math.round(measured), ratio: measured / reference });
    process.stdout.write(
      `round ${round + 1}: reference ${reference.toFixed(0)}/s, fabric ${measured.toFixed(0)}/s, ratio ${(measured / reference).toFixed(2)}\n`,
    );
  }
  await fabric.paced(PACED_PER_SECOND, PACED_PER_SECOND * PACED_SECONDS);
} finally {
  await fabric.stop();
  await environment.close();
}
const ratio = median(rounds.map((round) => round.ratio));
const p50 = quantile(fabric.latenciesMs, 0.5);
const p99 = quantile(fabric.latenciesMs, 0.99);
process.stdout.write(`paced at ${PACED_PER_SECOND}/s: p50 ${p50} ms, p99 ${p99} ms\n`);
writeResult('event-fabric', {
  passed: ratio >= 0.6 && p99 < 20,
  summary: `${ratio.toFixed(2)}x of the raw reference (promised: 0.6x); paced at 2,000/s p50 ${p50} ms, p99 ${p99} ms (promised: 20 ms)`,
  figures: {
    eventsPerRound: EVENTS,
    rounds,
    ratio,
    pacedPerSecond: PACED_PER_SECOND,
    pacedSeconds: PACED_SECONDS,
    p50Ms: p50,
    p99Ms: p99,
  },
  markdown: [
    'Fabric: outbox in the transaction of the change, relay behind the horizon, JetStream, inbox, effect, acknowledgement.',
    'Reference: publish with a window, pull, insert in batches of 500 as the fabric, acknowledge. Same servers, same run, alternating.',
    '',
    '| round | reference events/s | fabric events/s | ratio |',
    '|---|---|---|---|',
    ...rounds.map(
      (round, index) => `| ${index + 1} | ${round.reference} | ${round.fabric} | ${round.ratio.toFixed(2)} |`,
    ),
    '',
    'Command: `npm run bench -- event-fabric`. PostgreSQL without fsync, NATS with its defaults, Node as services run it, on both sides.',
  ].join('\n'),
});
