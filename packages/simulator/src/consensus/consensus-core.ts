import { failureOf } from '../failure-of.ts';
import { checkLinearizability } from '../history/linearizability.ts';
import { registerModel } from '../history/register-model.ts';
import { DISK_FAULTS } from '../nemesis/disk-faults.ts';
import type { FaultKind } from '../nemesis/fault.ts';
import { DATAGRAM_FAULTS, NETWORK_FAULTS } from '../nemesis/network-faults.ts';
import { CLOCK_FAULTS, PROCESS_FAULTS } from '../nemesis/process-faults.ts';
import { type FaultOccurrence, planFaults } from '../nemesis/schedule.ts';
import { SeededRandom } from '../random.ts';
import type { SeedFailure, SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { KvClients } from './clients.ts';
import type { CoreFactory } from './core-port.ts';
import { WorldEndpoint } from './endpoint.ts';
import { HealthWatch } from './health-watch.ts';
import { CONSENSUS_INVARIANTS } from './invariants.ts';
import { LEADERSHIP_FAULTS } from './leadership-faults.ts';
import { type ConsensusHost, MEMBERSHIP_FAULTS } from './membership-faults.ts';
import { ConsensusWorld } from './world.ts';
import { DURATION_MS, describeShape, drawShape, HEAL_MS } from './world-shape.ts';

/** Every kind of fault that a group of replicas goes through. */
export const CONSENSUS_FAULTS: readonly FaultKind<ConsensusHost>[] = [
  ...NETWORK_FAULTS,
  ...DATAGRAM_FAULTS,
  ...PROCESS_FAULTS,
  ...CLOCK_FAULTS,
  ...DISK_FAULTS,
  ...LEADERSHIP_FAULTS,
  ...MEMBERSHIP_FAULTS,
];
type Kinds = readonly FaultKind<ConsensusHost>[];

const WARM_UP_MS = 4_000;

/** The replicated registers over whatever core the factory makes. */
export function consensusCore(
  createCore: CoreFactory,
  kinds: readonly FaultKind<ConsensusHost>[] = CONSENSUS_FAULTS,
): SimulatedCore {
  return {
    name: 'consensus',
    summary: 'Raft replicas with disks, clients and an operator',
    invariants: CONSENSUS_INVARIANTS,
    faultKinds: kinds,
    runSeed: (seed, options = {}) => runSeed(createCore, kinds, seed, options),
  };
}

function runSeed(
  createCore: CoreFactory,
  kinds: Kinds,
  seed: number,
  { faults, untilMs = DURATION_MS }: SeedOptions,
): SeedResult {
  const random = new SeededRandom(seed);
  const shape = drawShape(random.fork('shape'));
  const plan = planFaults(kinds, random.fork('faults'), {
    fromMs: WARM_UP_MS,
    untilMs: HEAL_MS,
    intervalMs: shape.faultIntervalMs,
  });
  const world = new ConsensusWorld(shape, random.fork('world'), createCore);
  const { queue, oracle } = world;
  const clients = new KvClients(queue, random.fork('clients'), new WorldEndpoint(world), {
    clients: shape.clients,
    operations: shape.operations,
    keys: shape.keys,
    fromMs: 1_000,
    untilMs: DURATION_MS - 5_000,
    timeoutMs: shape.clientTimeoutMs,
  });
  const health = new HealthWatch(world, HEAL_MS);
  let failure: SeedFailure | null = null;
  let steps = 0;
  try {
    clients.start();
    health.start();
    for (const occurrence of plan) if (faults?.includes(occurrence.index) !== false) schedule(world, kinds, occurrence);
    queue.runUntil(Math.min(untilMs, DURATION_MS));
    if (untilMs >= DURATION_MS) health.finish();
    const report = checkLinearizability(clients.history, registerModel);
    ({ steps } = report);
    oracle.registry.check(
      'Linearizable',
      report.verdict !== 'violation',
      () =>
        `the operations on ${report.witness[0]?.input.key} have no order: ${JSON.stringify(report.witness.slice(-12))}`,
    );
  } catch (error) {
    failure = failureOf(error, world);
  }
  const history = clients.history.length;
  return {
    seed,
    world: describeShape(shape),
    failure,
    virtualMs: queue.nowMs,
    events: queue.executed,
    faults: plan,
    checks: oracle.registry.counts(),
    counts: {
      operations: history,
      unknown: clients.unknown,
      refused: clients.refused,
      elections: oracle.elections.leaders,
      committed: oracle.commit,
      starts: world.restarts,
      replacements: world.replacements,
      'membership changes': world.operator.done,
      'linearizability steps': steps,
      'leaderless after heal Max': Math.round(health.leaderlessMs),
    },
  };
}

function schedule(world: ConsensusWorld, kinds: Kinds, { kind, atMs, durationMs, seed }: FaultOccurrence): void {
  const fault = kinds.find(({ name }) => name === kind);
  if (fault === undefined) throw new Error(`there is no fault ${kind}`);
  world.queue.at(atMs, () => {
    world.trace.add(atMs, '*', 'fault', `${kind} for ${(durationMs / 1_000).toFixed(1)} s`);
    fault.start(world, new SeededRandom(seed), durationMs);
  });
}
