import { InvariantViolation } from '../invariant.ts';
import { type FaultOccurrence, planFaults } from '../nemesis/schedule.ts';
import { SeededRandom } from '../random.ts';
import type { SeedFailure, SeedOptions, SeedResult, SimulatedCore } from '../simulated-core.ts';
import { TraceRing } from '../trace.ts';
import { Disturbance } from './disturbance.ts';
import { HealthCheck } from './health-check.ts';
import { MembershipJudge } from './judge.ts';
import { FAULTS_WITHOUT_RESTART, MESH_FAULTS, type MeshHost, startFault } from './mesh-faults.ts';
import { CALM_MS, CONVERGE_MS, describeMeshShape, drawMeshShape, FORMED_MS } from './mesh-shape.ts';
import { MeshWorld } from './mesh-world.ts';
import { MEMBERSHIP_INVARIANTS } from './rules.ts';

/** SWIM with Lifeguard: meshes of 2 to 200 nodes under faults. */
export const membershipCore: SimulatedCore = {
  name: 'membership',
  summary: 'SWIM members that die, stall, leave, return and are cut off',
  invariants: MEMBERSHIP_INVARIANTS,
  faultKinds: MESH_FAULTS,
  runSeed,
};

/** In a mesh of three a node whose view is late has one helper, who may be the one that is down. */
const CONSULT_MIN = 3;

function runSeed(seed: number, { faults, untilMs = Number.POSITIVE_INFINITY }: SeedOptions = {}): SeedResult {
  const random = new SeededRandom(seed);
  const shape = drawMeshShape(random.fork('shape'));
  const { config, healMs, lossRate, latencyMs, areSeedsGone } = shape;
  const kinds = areSeedsGone ? FAULTS_WITHOUT_RESTART : MESH_FAULTS;
  const plan = planFaults<unknown>(kinds as never, random.fork('faults'), {
    fromMs: FORMED_MS,
    untilMs: healMs,
    intervalMs: shape.faultIntervalMs,
  });
  const trace = new TraceRing();
  const disturbance = new Disturbance(shape.nodes > CONSULT_MIN);
  const judge = new MembershipJudge(config, lossRate, disturbance, trace);
  const world = new MeshWorld({
    nodes: shape.nodes,
    config,
    network: { latencyMs, lossRate },
    random: random.fork('world'),
    watcher: judge,
    areSeedsGone,
  });
  judge.watch(world);
  const health = new HealthCheck(world, judge, disturbance, shape);
  const host = { world, disturbance };
  let failure: SeedFailure | null = null;
  try {
    world.form(1_000);
    for (const occurrence of plan) if (faults?.includes(occurrence.index) !== false) schedule(host, trace, occurrence);
    health.start();
    world.queue.at(healMs, () => {
      for (const { id } of world.members()) world.start(id);
    });
    world.queue.runUntil(Math.min(untilMs, healMs + CONVERGE_MS + CALM_MS));
  } catch (error) {
    if (!(error instanceof InvariantViolation)) throw error;
    failure = { invariant: error.invariant, message: error.message, atMs: world.queue.nowMs, trace: trace.lines() };
  }
  return {
    seed,
    world: describeMeshShape(shape),
    failure,
    virtualMs: world.queue.nowMs,
    events: world.queue.executed,
    faults: plan,
    checks: judge.registry.counts(),
    counts: {
      ...judge.counts,
      packets: world.network.counts.sent,
      'node seconds': Math.round((shape.nodes * world.queue.nowMs) / 1_000),
      'convergence Max': Math.round(health.convergedMs) || 0,
    },
  };
}

function schedule(host: MeshHost, trace: TraceRing, { kind, atMs, durationMs, seed }: FaultOccurrence): void {
  host.world.queue.at(atMs, () => {
    trace.add(atMs, '*', 'fault', `${kind} for ${(durationMs / 1_000).toFixed(1)} s`);
    startFault(host, kind, new SeededRandom(seed), durationMs);
  });
}
