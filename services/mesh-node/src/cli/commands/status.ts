import type { LinkStatus, NodeStatus } from '@peermesh/contracts/mesh';
import type { MeshCommand } from '../command.ts';
import { bytes, facts, milliseconds, table } from '../table.ts';
import { meshText } from './bootstrap.ts';

const EXIT_CODES = { healthy: 0, degraded: 3, critical: 4 } as const;
const EXIT_NO_MESH = 5;

/** One line per neighbour. */
export function linksText(links: readonly LinkStatus[]): string {
  return table(
    ['PEER', 'NAME', 'STATE', 'DIALLED', 'RTT', 'LOSS', 'SENT', 'RECEIVED', 'QUEUED', 'LANES UP'],
    links.map((link) => [
      link.peer ?? '-',
      link.name,
      link.isUp ? 'up' : 'down',
      link.isDialled ? 'here' : 'there',
      milliseconds(link.rttMs),
      link.lossRatio === null ? '-' : `${(link.lossRatio * 100).toFixed(2)} %`,
      bytes(link.sentBytes),
      bytes(link.receivedBytes),
      bytes(link.queuedBytes),
      `${link.lanes.filter(({ state }) => state === 'up').length}/${link.lanes.length}`,
    ]),
  );
}

/** What a node is and what surrounds it. */
export function statusText(status: NodeStatus): string {
  const away = Object.entries(status.backends).flatMap(([name, state]) => (state === 'away' ? [name] : []));
  const head = facts([
    ['node', `${status.name} (${status.nodeId})`],
    ['state', status.state],
    ['listens', status.listens.length === 0 ? 'nowhere, it only dials out' : status.listens.join(', ')],
    ['stores away', away.length === 0 ? 'none' : `${away.join(', ')}; ${status.pendingFacts} facts wait`],
    ['routes', routesText(status.routes)],
    ['event loop', `${status.eventLoopDelayMs.toFixed(1)} ms p99`],
    ['up for', `${Math.floor(status.uptimeSeconds)} s`],
  ]);
  const mesh = status.mesh === null ? '' : `\n${meshText(status.mesh)}`;
  const links = status.links.length === 0 ? '' : `\n${linksText(status.links)}`;
  return `${head}${mesh}${links}`;
}

function routesText({ router, node, routerAgeSeconds }: NodeStatus['routes']): string {
  if (routerAgeSeconds === null) return `${node}, all computed by the node`;
  return `${router} of the router (confirmed ${Math.round(routerAgeSeconds)} s ago), ${node} computed by the node`;
}

export const statusCommand: MeshCommand = {
  usage: 'status',
  summary: 'the node, its mesh and its links; exits with 3 when degraded, 4 when critical, 5 without a mesh',
  run: async ({ client }) => {
    const { body } = await client.getStatus({});
    return {
      json: body,
      text: statusText(body),
      exitCode: body.mesh === null ? EXIT_NO_MESH : EXIT_CODES[body.mesh.health],
    };
  },
};

export const topCommand: MeshCommand = {
  usage: 'top',
  summary: 'the same, again every two seconds, with rates',
  run: async ({ client, print, clear, pause, signal, flags }) => {
    let before: { readonly counters: Readonly<Record<string, number>>; readonly atMs: number } | null = null;
    while (!signal.aborted) {
      const { body } = await client.getStatus({});
      const atMs = performance.now();
      if (flags.json) print(`${JSON.stringify(body)}\n`);
      else {
        clear();
        print(`${statusText(body)}\n${ratesText(body.counters, before, atMs)}`);
      }
      before = { counters: body.counters, atMs };
      await pause(2_000);
    }
    return { json: null, text: '' };
  },
};

function ratesText(
  counters: Readonly<Record<string, number>>,
  before: { readonly counters: Readonly<Record<string, number>>; readonly atMs: number } | null,
  atMs: number,
): string {
  const rows = Object.entries(counters).map(([name, value]) => {
    const gained = value - (before?.counters[name] ?? value);
    return [name, value, before === null ? 0 : Math.round((gained * 1000) / (atMs - before.atMs))];
  });
  return table(['COUNTER', 'TOTAL', 'PER SECOND'], rows);
}
