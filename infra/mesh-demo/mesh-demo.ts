import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DemoNode, startDemoNode } from './demo-node.ts';
import { LinkSwitch } from './link-switch.ts';
import { type Operator, startOperator } from './operator.ts';
import { ownerOfPort } from './socket-owner.ts';
import { Traffic, type TrafficWindow } from './traffic.ts';

const MESH = 'harbour';
const RELAYS = ['quay-1', 'quay-2', 'quay-3', 'quay-4', 'quay-5'] as const;
/** They accept no connection, so no link between them can exist: they talk through relays. */
const EDGES = ['edge-1', 'edge-2'] as const;
const SETTLE_MS = 10_000;
const VIEW_MS = 1_000;
const STEP_MS = 6_000;
const QUIET_MS = 1_000;
const POLL_MS = 25;
const PATIENCE_MS = 30_000;
const CHECKOUT = resolve(import.meta.dirname, '../..');

interface Demo {
  readonly nodes: readonly DemoNode[];
  readonly links: LinkSwitch;
  readonly traffic: Traffic;
  readonly source: DemoNode;
  readonly target: DemoNode;
}

const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(value < 10 ? 1 : 0)} ms`);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'peermesh-demo-'));
  const pids = new Map<number, string>();
  const links = new LinkSwitch((port) => {
    const pid = ownerOfPort(port, [...pids.keys()]);
    return pid === null ? null : (pids.get(pid) ?? null);
  });
  const operator = await startOperator();
  const nodes: DemoNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.filter(({ isAlive }) => isAlive).map(({ process: running }) => running.stop()));
    links.stop();
    operator.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('SIGINT', () => void stop().then(() => process.exit(130)));
  try {
    say(
      `Seven mesh nodes, each a process: ${RELAYS.join(', ')} accept connections, ${EDGES.join(' and ')} only dial out.`,
    );
    const shared = { checkout: CHECKOUT, folder, operator, switch: links };
    const onSpawn = (name: string, pid: number): void => void pids.set(pid, name);
    const begin = performance.now();
    nodes.push(
      ...(await Promise.all(
        [...RELAYS, ...EDGES].map((name) =>
          startDemoNode({ ...shared, name, onSpawn, isInbound: RELAYS.some((relay) => relay === name) }),
        ),
      )),
    );
    say(`Started in ${ms(performance.now() - begin)}.`);
    await form(nodes);
    await show(nodes);
    await run(nodes, links, operator);
  } finally {
    await stop();
  }
}

async function form(nodes: readonly DemoNode[]): Promise<void> {
  const [first, ...others] = nodes;
  if (first?.address == null) throw new Error('the first node must accept connections');
  const begin = performance.now();
  const { body } = await first.client.seed({ body: { meshId: MESH, joinPolicy: 'key_required' } });
  const wish = { meshId: MESH, addresses: [first.address], joinKey: body.joinKey ?? '' };
  for (const { client } of others) await client.join({ body: wish });
  say(`\nFormed: ${nodes.length} members in ${ms(performance.now() - begin)}. Links settle for ${SETTLE_MS / 1000} s.`);
  await pause(SETTLE_MS);
}

async function show([first]: readonly DemoNode[]): Promise<void> {
  const { body } = await first!.client.getTopology({});
  const names = new Map(body.nodes.map(({ shortId, name }) => [shortId, name]));
  say('\nTopology (mesh topology):');
  for (const { shortId, name, flags } of body.nodes) {
    const peers = body.links.filter(({ from }) => from === shortId).map(({ to }) => names.get(to) ?? to);
    say(
      `  ${String(shortId).padStart(2)} ${name}  ${flags.inbound ? 'inbound' : 'dials out'}  links to ${peers.join(', ')}`,
    );
  }
}

async function run(nodes: readonly DemoNode[], links: LinkSwitch, operator: Operator): Promise<void> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const [source, target] = [byName.get(EDGES[0])!, byName.get(EDGES[1])!];
  const demo: Demo = { nodes, links, traffic: new Traffic(), source, target };
  await showPaths(demo);
  say(`\nTraffic: reliable messages from ${source.name} to ${target.name}, through relays.`);
  await demo.traffic.start(source, target, operator);
  await view(demo, performance.now(), STEP_MS);

  const relay = await firstRelay(demo);
  await step(demo, `cut the link ${source.name} - ${relay.name}, which the traffic takes`, async () => {
    links.cut(source.name, relay.name);
    return '';
  });
  const leader = await leaderOf(demo);
  await step(demo, `kill -9 of ${leader.name}, the leader of the control group`, async () => {
    const begin = performance.now();
    await kill(leader);
    const next = await newLeader(demo, leader);
    return `, new leader ${next} after ${ms(performance.now() - begin)}`;
  });
  const used = await firstRelay(demo);
  await step(demo, `kill -9 of ${used.name}, the relay that the traffic takes`, async () => {
    await kill(used);
    return '';
  });
  const totals = await demo.traffic.finish(QUIET_MS);
  say(
    `\nIn all: ${totals.sent} messages sent, ${totals.arrived} arrived, ${totals.lost} lost, ${totals.repeated} repeated, ${totals.disordered} out of order.`,
  );
  await showPaths(demo);
  if (totals.lost + totals.repeated + totals.disordered > 0) process.exitCode = 1;
}

async function showPaths({ source, target }: Demo): Promise<void> {
  const { body } = await source.client.getPaths({ query: { to: target.name } });
  say(`\nPaths from ${source.name} to ${target.name}:`);
  for (const { kind, hops, latencyUs, share } of body.paths)
    say(
      `  ${kind.padEnd(9)} ${hops.join(' > ').padEnd(14)} ${ms(latencyUs / 1000)}, ${Math.round(share * 100)} % of the traffic`,
    );
}

/** Does something to the mesh and shows what traffic makes of it. */
async function step(demo: Demo, what: string, act: () => Promise<string>): Promise<void> {
  say(`\n>>> ${what}`);
  const begin = performance.now();
  const seen = view(demo, begin, STEP_MS);
  const note = await act();
  await seen;
  const { gapMs } = demo.traffic.since(begin);
  say(`    longest silence ${ms(gapMs)}${note}`);
}

async function view({ traffic }: Demo, begin: number, lengthMs: number): Promise<void> {
  for (let from = begin; performance.now() < begin + lengthMs; from += VIEW_MS) {
    await pause(VIEW_MS);
    say(`    ${lineOf(traffic.since(from), performance.now() - from)}`);
  }
}

function lineOf({ messages, p50Ms, p99Ms, gapMs }: TrafficWindow, lengthMs: number): string {
  const rate = Math.round((messages * 1000) / lengthMs);
  const bar = '#'.repeat(Math.min(40, Math.ceil(rate / 3)));
  return `${String(rate).padStart(4)}/s  p50 ${ms(p50Ms).padStart(7)}  p99 ${ms(p99Ms).padStart(7)}  longest gap ${ms(gapMs).padStart(7)}  ${bar}`;
}

async function firstRelay({ nodes, source, target }: Demo): Promise<DemoNode> {
  const { body } = await source.client.getPaths({ query: { to: target.name } });
  const { body: node } = await source.client.getNode({ params: { node: String(body.paths[0]?.hops[1]) } });
  return nodes.find(({ name }) => name === node.name)!;
}

async function leaderOf({ nodes, target }: Demo): Promise<DemoNode> {
  const { body } = await target.client.listNodes({ query: { limit: 50 } });
  const leader = body.items.find(({ role }) => role === 'leader');
  const found = nodes.find(({ name }) => name === leader?.name);
  if (found === undefined) throw new Error('the mesh has no leader');
  return found;
}

async function newLeader({ source }: Demo, former: DemoNode): Promise<string> {
  const { body: old } = await source.client.getNode({ params: { node: former.name } });
  for (const begin = performance.now(); performance.now() < begin + PATIENCE_MS; await pause(POLL_MS)) {
    const { body } = await source.client.getMesh({});
    if (body.leader === null || body.leader === old.shortId) continue;
    const { body: node } = await source.client.getNode({ params: { node: String(body.leader) } });
    return node.name;
  }
  throw new Error('no new leader was elected');
}

async function kill(node: DemoNode): Promise<void> {
  node.isAlive = false;
  await node.process.kill();
}

await main();
