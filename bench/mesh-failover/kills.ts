import type { MeshProcess } from '@peermesh/infra/mesh-processes';
import { pause, type Subject } from './mesh.ts';

const POLL_MS = 10;
const PATIENCE_MS = 30_000;

/** Kills the leader again and again with SIGKILL. @returns ms from each kill to the answer of another node that names a new leader */
export async function measureKills(subject: Subject, count: number): Promise<number[]> {
  const samples: number[] = [];
  while (samples.length < count) {
    const witness = subject.target;
    const leader = await subject.mesh.leader(witness);
    const beginMs = performance.now();
    await leader.kill();
    const tookMs = await newLeader(subject, leader, beginMs);
    samples.push(tookMs);
    process.stdout.write(`${leader.name} killed: a new leader after ${Math.round(tookMs)} ms\n`);
    await leader.restart();
    await subject.mesh.until('all reach each other again', () => isWhole(subject));
  }
  return samples;
}

async function newLeader({ mesh }: Subject, former: MeshProcess, beginMs: number): Promise<number> {
  const witness = mesh.nodes.find(({ isAlive }) => isAlive);
  if (witness === undefined) throw new Error('nobody is left');
  while (performance.now() < beginMs + PATIENCE_MS) {
    const name = await mesh.leaderName(witness);
    if (name !== null && name !== former.name) return performance.now() - beginMs;
    await pause(POLL_MS);
  }
  throw new Error('no new leader was elected');
}

async function isWhole({ mesh }: Subject): Promise<boolean> {
  const seen = await Promise.all(mesh.nodes.map(({ client }) => client.getMesh({})));
  const leaders = new Set(seen.map(({ body }) => body.leader));
  return leaders.size === 1 && !leaders.has(null) && seen.every(({ body }) => body.unreachable === 0);
}
