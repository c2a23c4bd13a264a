import { createConnection, createServer, type Server, type Socket } from 'node:net';

interface Cable {
  readonly from: string;
  readonly to: string;
  readonly sockets: readonly [Socket, Socket];
}

/** All connections between the nodes of a demonstration pass through here, so that a link can be cut like a cable. */
export class LinkSwitch {
  readonly #servers: Server[] = [];
  readonly #cables = new Set<Cable>();
  readonly #cut = new Set<string>();
  readonly #nodeOfPort: (port: number) => string | null;

  /** @param nodeOfPort which node has the socket with this local port */
  constructor(nodeOfPort: (port: number) => string | null) {
    this.#nodeOfPort = nodeOfPort;
  }

  /** Takes connections for a node at one port and hands them to another, where the node listens. */
  async serve(node: string, port: number, listenPort: number): Promise<void> {
    const server = createServer((incoming) => this.#join(node, incoming, listenPort));
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  }

  /** Cuts every connection between two nodes, and refuses new ones. */
  cut(one: string, other: string): void {
    this.#cut.add(pairOf(one, other));
    for (const { from, to, sockets } of this.#cables) {
      if (pairOf(from, to) === pairOf(one, other)) for (const socket of sockets) socket.destroy();
    }
  }

  stop(): void {
    for (const server of this.#servers) server.close();
    for (const { sockets } of this.#cables) for (const socket of sockets) socket.destroy();
  }

  #join(node: string, incoming: Socket, listenPort: number): void {
    const from = this.#nodeOfPort(incoming.remotePort ?? 0) ?? 'unknown';
    if (this.#cut.has(pairOf(from, node))) {
      incoming.destroy();
      return;
    }
    const outgoing = createConnection({ host: '127.0.0.1', port: listenPort, noDelay: true });
    incoming.setNoDelay(true);
    const cable: Cable = { from, to: node, sockets: [incoming, outgoing] };
    this.#cables.add(cable);
    const end = (): void => {
      this.#cables.delete(cable);
      incoming.destroy();
      outgoing.destroy();
    };
    for (const socket of cable.sockets) socket.on('error', end).on('close', end);
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  }
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join('|');
}
