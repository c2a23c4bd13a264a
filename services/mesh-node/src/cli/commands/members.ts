import { allPages } from '../all-pages.ts';
import { argument, type CommandContext, type MeshCommand, UsageError } from '../command.ts';
import { milliseconds, table } from '../table.ts';

export const nodesCommand: MeshCommand = {
  usage: 'nodes',
  summary: 'the members: number, name, state, part in the control group, addresses',
  run: async ({ client }) => {
    const nodes = await allPages((query) => client.listNodes({ query }));
    const rows = nodes.map((node) => [
      node.shortId,
      `${node.name}${node.isSelf ? ' *' : ''}`,
      node.state,
      node.role,
      node.region === '' ? '-' : node.region,
      node.isDraining ? 'draining' : '-',
      node.addresses.length === 0 ? 'dials out' : node.addresses.join(' '),
    ]);
    return { json: nodes, text: table(['ID', 'NAME', 'STATE', 'ROLE', 'REGION', 'DRAIN', 'ADDRESS'], rows) };
  },
};

export const topologyCommand: MeshCommand = {
  usage: 'topology',
  summary: 'the links by which the node routes',
  run: async ({ client }) => {
    const { body } = await client.getTopology({});
    const names = new Map(body.nodes.map(({ shortId, name }) => [shortId, name]));
    const nodes = table(
      ['ID', 'NAME', 'ROUTE OF', 'REACHABLE', 'INBOUND', 'RELAY', 'DRAIN'],
      body.nodes.map(({ shortId, name, isReachable, isLastResort, routeBy, flags }) => [
        shortId,
        name,
        routeBy ?? '-',
        ...[isReachable, flags.inbound, flags.relay].map((is) => (is ? 'yes' : 'no')),
        isLastResort ? 'still needed' : flags.drain ? 'yes' : 'no',
      ]),
    );
    const links = table(
      ['FROM', 'TO', 'LATENCY', 'LOSS', 'SPARE', 'COST'],
      body.links.map((link) => [
        names.get(link.from) ?? link.from,
        names.get(link.to) ?? link.to,
        milliseconds(link.latencyUs / 1000),
        `${(link.lossPpm / 10_000).toFixed(2)} %`,
        `${Math.round(link.spareKbps / 1000)} Mb/s`,
        link.cost,
      ]),
    );
    return { json: body, text: `${nodes}\n${links}` };
  },
};

export const pathsCommand: MeshCommand = {
  usage: 'paths [FROM] TO',
  summary: 'the ways between two nodes; without FROM those that the node has installed',
  run: async (context) => {
    const first = argument(context, 0, 'node');
    const second = context.args[1];
    const query = second === undefined ? { to: first } : { from: first, to: second };
    const { body } = await context.client.getPaths({ query });
    const rows = body.paths.map((path) => [
      path.kind,
      path.hops.join(' > '),
      path.cost,
      milliseconds(path.latencyUs / 1000),
      `${Math.round(path.share * 100)} %`,
      path.computedBy,
    ]);
    return { json: body, text: table(['KIND', 'HOPS', 'COST', 'LATENCY', 'SHARE', 'ROUTE OF'], rows) };
  },
};

export const traceCommand: MeshCommand = {
  usage: 'trace [FROM] TO',
  summary: 'asks every hop of the path; exits with 1 when one does not answer',
  run: async (context) => {
    const first = argument(context, 0, 'node');
    const second = context.args[1];
    const client = second === undefined ? context.client : await clientAt(context, first);
    const { body } = await client.trace({ query: { to: second ?? first } });
    const rows = body.hops.map((hop, index) => [index + 1, hop.shortId, hop.name, milliseconds(hop.rttMs)]);
    return {
      json: body,
      text: `${table(['HOP', 'ID', 'NAME', 'RTT'], rows)}route of: ${body.computedBy ?? '-'}\n`,
      exitCode: body.hops.some(({ rttMs }) => rttMs === null) ? 1 : 0,
    };
  },
};

/** A trace begins at the node that is asked for it. */
async function clientAt(context: CommandContext, node: string) {
  const other = context.clientOf(node);
  if (other !== null) return other;
  const { body } = await context.client.getNode({ params: { node } });
  if (!body.isSelf)
    throw new UsageError(`a trace begins at the node that is asked: give the URL of ${node} with --url`);
  return context.client;
}

export const drainCommand: MeshCommand = {
  usage: 'drain NODE [--undo]',
  summary: 'take a node out of the traffic of others, or back in',
  run: async (context) => {
    const node = argument(context, 0, 'node');
    const isDraining = !context.flags.undo;
    await context.client.drainNode({ params: { node }, body: { isDraining } });
    return { json: { node, isDraining }, text: `${node} ${isDraining ? 'is draining' : 'carries traffic again'}\n` };
  },
};

export const evictCommand: MeshCommand = {
  usage: 'evict NODE --yes [--override]',
  summary: 'remove a node for good; --override while half of the mesh or more is away',
  run: async (context) => {
    const node = argument(context, 0, 'node');
    const { override, yes } = context.flags;
    if (!yes) throw new UsageError(`the key of ${node} is refused from then on: confirm with --yes`);
    await context.client.evictNode({ params: { node }, query: { override } });
    return { json: { node, evicted: true }, text: `${node} is evicted\n` };
  },
};
