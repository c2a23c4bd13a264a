import { type MeshProcess, type MeshProcesses, MessageStream } from '../mesh-processes/index.ts';
import { isGood, liveLine, type Recovery, reportOf, timeOf } from './report.ts';

const MESH = 'harbour';
const RELAYS = ['quay-1', 'quay-2', 'quay-3', 'quay-4', 'quay-5'] as const;
/** They accept no connection, so no link between them can exist: they talk through relays. */
const EDGES = ['edge-1', 'edge-2'] as const;
const MESSAGE_EVERY_MS = 10;
const MESSAGE_BYTES = 256;
const LOOK_MS = 500;
const QUIET_MS = 1_000;
const POLL_MS = 5;
const LEADER_PATIENCE_MS = 30_000;

/** How long the audience looks at each part. */
export interface Pace {
  readonly viewEveryMs: number;
  readonly viewMs: number;
}

const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The story that `mesh:demo` tells; every figure in it is measured. */
export class Demonstration {
  readonly #mesh: MeshProcesses;
  readonly #pace: Pace;
  readonly #recoveries: Recovery[] = [];
  readonly #stream = new MessageStream({ topic: 'demo', everyMs: MESSAGE_EVERY_MS, payloadBytes: MESSAGE_BYTES });

  constructor(mesh: MeshProcesses, pace: Pace) {
    this.#mesh = mesh;
    this.#pace = pace;
  }

  /** @returns whether the mesh did what it promises */
  async run(): Promise<boolean> {
    await this.#form();
    await this.#showTopology();
    await this.#showPaths();
    say(
      `\nTraffic: a reliable message of ${MESSAGE_BYTES} bytes every ${MESSAGE_EVERY_MS} ms from ${EDGES[0]} to ${EDGES[1]}.`,
    );
    await this.#stream.start(this.#source, this.#target, this.#mesh.operator);
    await this.#view(performance.now());

    const first = await this.#usedRelay();
    await this.#step(`link ${EDGES[0]} - ${first.name} cut`, 'the traffic takes it', async () => {
      this.#mesh.links.cut(EDGES[0], first.name);
      return null;
    });
    const second = await this.#usedRelay();
    await this.#step(`link ${EDGES[0]} - ${second.name} silent`, 'nobody is told', async () => {
      this.#mesh.links.silence(EDGES[0], second.name);
      this.#mesh.links.silence(second.name, EDGES[0]);
      return null;
    });
    this.#mesh.links.heal(EDGES[0], first.name);
    this.#mesh.links.heal(EDGES[0], second.name);
    const leader = await this.#leadingRelay();
    await this.#step(`kill -9 of ${leader.name}`, 'the leader', () => this.#killLeader(leader));
    const relay = await this.#usedRelay();
    await this.#step(`kill -9 of ${relay.name}`, 'a relay that the traffic takes', async () => {
      await relay.kill();
      return null;
    });
    await this.#showPaths();
    const totals = await this.#stream.finish(QUIET_MS);
    say(`\n${reportOf(this.#recoveries, totals)}`);
    return isGood(this.#recoveries, totals);
  }

  get #source(): MeshProcess {
    return this.#mesh.node(EDGES[0]);
  }

  get #target(): MeshProcess {
    return this.#mesh.node(EDGES[1]);
  }

  async #form(): Promise<void> {
    const mesh = this.#mesh;
    say(
      `Seven mesh nodes, each a process: ${RELAYS.join(', ')} accept connections, ${EDGES.join(' and ')} only dial out.`,
    );
    let begin = performance.now();
    await Promise.all([
      ...RELAYS.map((name) => mesh.start(name)),
      ...EDGES.map((name) => mesh.start(name, { isInbound: false })),
    ]);
    say(`Started in ${timeOf(performance.now() - begin)}.`);
    begin = performance.now();
    const inOrder = [...RELAYS, ...EDGES].map((name) => mesh.node(name));
    await mesh.form(MESH, inOrder);
    say(`Joined, one after the other, in ${timeOf(performance.now() - begin)}.`);
    begin = performance.now();
    await mesh.settled();
    say(`Everybody knows every link after another ${timeOf(performance.now() - begin)}.`);
  }

  async #showTopology(): Promise<void> {
    const { body } = await this.#source.client.getTopology({});
    const names = new Map(body.nodes.map(({ shortId, name }) => [shortId, name]));
    say('\nTopology:');
    for (const { shortId, name, flags } of body.nodes) {
      const peers = body.links.filter(({ from }) => from === shortId).map(({ to }) => names.get(to) ?? `node ${to}`);
      const access = flags.inbound ? 'accepts' : 'dials out';
      say(`  ${String(shortId).padStart(2)} ${name}  ${access.padEnd(9)}  links to ${peers.sort().join(', ')}`);
    }
  }

  async #showPaths(): Promise<void> {
    const { body } = await this.#source.client.getPaths({ query: { to: EDGES[1] } });
    const { body: topology } = await this.#source.client.getTopology({});
    const names = new Map(topology.nodes.map(({ shortId, name }) => [shortId, name]));
    say(`\nPaths from ${EDGES[0]} to ${EDGES[1]}, as ${EDGES[0]} has computed them:`);
    for (const { kind, hops, latencyUs, share } of body.paths) {
      const way = hops.map((hop) => names.get(hop) ?? `node ${hop}`).join(' > ');
      say(
        `  ${kind.padEnd(9)} ${way.padEnd(24)} ${timeOf(latencyUs / 1_000).padStart(7)}  ${String(Math.round(share * 100)).padStart(3)} % of bulk traffic`,
      );
    }
  }

  /** The neighbour through which the source's messages go, by the bytes on its links. */
  async #usedRelay(): Promise<MeshProcess> {
    const alive = RELAYS.map((name) => this.#mesh.node(name)).filter(({ isAlive }) => isAlive);
    return this.#mesh.busiestPeer(this.#source, alive, LOOK_MS);
  }

  /** Does something to the mesh, shows what traffic makes of it, and measures. */
  async #step(what: string, remark: string, act: () => Promise<number | null>): Promise<void> {
    say(`\n>>> ${what} (${remark})`);
    const begin = performance.now();
    const viewed = this.#view(begin);
    const leaderAfterMs = await act();
    await viewed;
    const first = this.#stream.firstSentAfter(begin);
    const recovery = {
      what,
      flowsAfterMs: first === null ? null : first - begin,
      silenceMs: this.#stream.since(begin).gapMs,
      leaderAfterMs,
    };
    this.#recoveries.push(recovery);
    const leader = leaderAfterMs === null ? '' : `, a new leader after ${timeOf(leaderAfterMs)}`;
    say(
      `    traffic again after ${timeOf(recovery.flowsAfterMs)}, longest silence ${timeOf(recovery.silenceMs)}${leader}`,
    );
  }

  async #view(begin: number): Promise<void> {
    const { viewEveryMs, viewMs } = this.#pace;
    for (let from = begin; performance.now() < begin + viewMs; from += viewEveryMs) {
      await pause(viewEveryMs);
      say(`    ${liveLine(this.#stream.since(from), performance.now() - from)}`);
    }
  }

  /** The leader. One of the two ends of the traffic that leads is made to stand still until another node does. */
  async #leadingRelay(): Promise<MeshProcess> {
    for (;;) {
      const leader = await this.#mesh.leader(this.#target);
      if (!EDGES.some((name) => name === leader.name)) return leader;
      const witness = leader === this.#target ? this.#source : this.#target;
      leader.pause();
      const isReplaced = async (): Promise<boolean> => (await this.#mesh.leader(witness)) !== leader;
      await this.#mesh.until('another node leads', isReplaced).finally(() => leader.resume());
    }
  }

  async #killLeader(leader: MeshProcess): Promise<number> {
    const begin = performance.now();
    await leader.kill();
    const witness = leader === this.#target ? this.#source : this.#target;
    const isNew = async (): Promise<boolean> => {
      const name = await this.#mesh.leaderName(witness);
      return name !== null && name !== leader.name;
    };
    while (!(await isNew())) {
      if (performance.now() > begin + LEADER_PATIENCE_MS) throw new Error('no new leader was elected');
      await pause(POLL_MS);
    }
    return performance.now() - begin;
  }
}
