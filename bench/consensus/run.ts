import { findBinary } from '@peermesh/infra/servers';
import { writeResult } from '../write-result.ts';
import { type ConsensusCluster, startCluster } from './cluster.ts';
import { type Measured, pace, saturate } from './load.ts';
import { startNatsCluster } from './nats-cluster.ts';

/*
 * Commands of 256 bytes committed by three nodes: written and flushed on a majority, applied, answered. The client is in this
 * process and speaks TCP to both.
 */

const PER_SECOND = 20_000;
const P99_MAX_MS = 20;
const PACED_SECONDS = 10;
const SATURATED_SECONDS = 4;
const ROUNDS = 3;
const WINDOW = 512;
const WARM_UP_SECONDS = 2;

const binary = process.argv[2] ?? findBinary('nats-server');

interface Round {
  readonly own: Measured;
  readonly reference: Measured | null;
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0;
const rounded = ({ perSecond, p50Ms, p99Ms }: Measured): Measured => ({
  perSecond: Math.round(perSecond),
  p50Ms: Number(p50Ms.toFixed(2)),
  p99Ms: Number(p99Ms.toFixed(2)),
});

async function paced(cluster: ConsensusCluster): Promise<{ measured: Measured; perWrite: number; cpuUs: number }> {
  const before = await cluster.totals();
  const measured = rounded(await pace(cluster, PER_SECOND, PACED_SECONDS));
  const after = await cluster.totals();
  const commands = PER_SECOND * PACED_SECONDS;
  return {
    measured,
    perWrite: Math.round(commands / (after.durableWrites - before.durableWrites)),
    cpuUs: Number((((after.cpuMs - before.cpuMs) * 1_000) / commands).toFixed(1)),
  };
}

const cluster = await startCluster();
const nats = binary === null ? null : await startNatsCluster(binary);
const rounds: Round[] = [];
let own: Awaited<ReturnType<typeof paced>>;
try {
  await saturate(cluster, WARM_UP_SECONDS, WINDOW);
  own = await paced(cluster);
  process.stdout.write(`paced: ${JSON.stringify(own)}\n`);
  if (nats !== null) await saturate(nats, WARM_UP_SECONDS, WINDOW);
  for (let round = 0; round < ROUNDS; round += 1) {
    const reference = nats === null ? null : rounded(await saturate(nats, SATURATED_SECONDS, WINDOW));
    rounds.push({ reference, own: rounded(await saturate(cluster, SATURATED_SECONDS, WINDOW)) });
    process.stdout.write(`round ${round + 1}: ${JSON.stringify(rounds.at(-1))}\n`);
  }
} finally {
  await nats?.close();
  await cluster.close();
}

const { measured, perWrite, cpuUs } = own;
const ratio = median(rounds.map(({ own: one, reference }) => one.perSecond / (reference?.perSecond ?? Number.NaN)));
const named = nats === null ? 'no nats-server found' : `nats-server ${nats.version}`;
const sync = nats?.isSynced === true ? '`sync_interval: always`' : 'its default flush every two minutes';
const isPaced = measured.p99Ms < P99_MAX_MS && measured.perSecond >= PER_SECOND * 0.99;
writeResult('consensus', {
  passed: isPaced,
  summary: `${measured.perSecond}/s durable commits of 256 B on 3 nodes at p50 ${measured.p50Ms} ms, p99 ${measured.p99Ms} ms (promised: 20,000/s, 20 ms); ${nats === null ? named : `${ratio.toFixed(2)}x of JetStream R3`}`,
  figures: {
    pacedPerSecond: PER_SECOND,
    pacedSeconds: PACED_SECONDS,
    ...measured,
    commandsPerDurableWrite: perWrite,
    cpuUsPerCommandOnAllNodes: cpuUs,
    window: WINDOW,
    rounds,
    ratio,
    reference: named,
    referenceFlushesBeforeItAnswers: nats?.isSynced ?? null,
  },
  markdown: [
    `Three processes, each with the LMDB volume and the flags of services/mesh-node, one group, TCP on loopback. Paced at ${PER_SECOND}/s for ${PACED_SECONDS} s, latency from the moment at which a command was due: ${perWrite} commands in a durable write of the leader, ${cpuUs} µs of processor time for a command on all three nodes together.`,
    '',
    `Saturated with ${WINDOW} commands under way, alternating with ${named}, three servers, a stream with three replicas on files, ${sync}:`,
    '',
    '| round | own/s | p50 ms | p99 ms | JetStream/s | p50 ms | p99 ms |',
    '|---|---|---|---|---|---|---|',
    ...rounds.map(({ own: one, reference }, at) =>
      [
        '',
        at + 1,
        one.perSecond,
        one.p50Ms,
        one.p99Ms,
        reference?.perSecond ?? '',
        reference?.p50Ms ?? '',
        reference?.p99Ms ?? '',
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    'Command: `npm run bench -- consensus`, or `node --conditions=@peermesh/source bench/consensus/run.ts PATH` for another nats-server.',
  ].join('\n'),
});
process.exitCode = isPaced ? 0 : 1;
