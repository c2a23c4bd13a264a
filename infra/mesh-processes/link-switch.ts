import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { Cable } from './cable.ts';

/** What is wrong between two nodes. */
interface Trouble {
  isCut: boolean;
  /** The nodes whose words do not arrive at the other. */
  readonly silent: Set<string>;
  delayMs: number;
}

/**
 * All connections between mesh nodes pass through here, so that a link can be cut like a cable, fall silent in one direction
 * or both, or become slow. Which node dialled is found out by the owner of the socket.
 */
export class LinkSwitch {
  readonly #servers: Server[] = [];
  readonly #cables = new Set<Cable>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #passed = new Map<string, number>();
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

  /** Ends every connection between two nodes, which both of them notice, and refuses new ones. */
  cut(one: string, other: string): void {
    this.#trouble(one, other).isCut = true;
    for (const cable of this.#between(one, other)) cable.reset();
  }

  /** What `speaker` says does not arrive at `listener` any more, and neither of them is told. New connections hear nothing. */
  silence(speaker: string, listener: string): void {
    this.#trouble(speaker, listener).silent.add(speaker);
    for (const cable of this.#between(speaker, listener)) cable.setSilent(speaker, true);
  }

  /** Holds everything between two nodes for so long. */
  delay(one: string, other: string, delayMs: number): void {
    this.#trouble(one, other).delayMs = delayMs;
    for (const cable of this.#between(one, other)) cable.setDelay(delayMs);
  }

  /** All is well between two nodes; what waited goes on. */
  heal(one: string, other: string): void {
    this.#troubles.delete(pairOf(one, other));
    for (const cable of this.#between(one, other)) {
      cable.setDelay(0);
      for (const node of [one, other]) cable.setSilent(node, false);
    }
  }

  /** Bytes that have passed between two nodes so far. */
  passedBytes(one: string, other: string): number {
    const passing = [...this.#between(one, other)].reduce((sum, { passedBytes }) => sum + passedBytes, 0);
    return (this.#passed.get(pairOf(one, other)) ?? 0) + passing;
  }

  /** Connections that stand between two nodes. */
  connections(one: string, other: string): number {
    return [...this.#between(one, other)].length;
  }

  stop(): void {
    for (const server of this.#servers) server.close();
    for (const cable of this.#cables) cable.reset();
  }

  #trouble(one: string, other: string): Trouble {
    const pair = pairOf(one, other);
    const known = this.#troubles.get(pair) ?? { isCut: false, silent: new Set(), delayMs: 0 };
    this.#troubles.set(pair, known);
    return known;
  }

  *#between(one: string, other: string): Iterable<Cable> {
    for (const cable of this.#cables) if (pairOf(cable.from, cable.to) === pairOf(one, other)) yield cable;
  }

  #join(node: string, incoming: Socket, listenPort: number): void {
    const from = this.#nodeOfPort(incoming.remotePort ?? 0) ?? 'unknown';
    const pair = pairOf(from, node);
    const trouble = this.#troubles.get(pair);
    if (trouble?.isCut === true) {
      incoming.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const outgoing = createConnection({ host: '127.0.0.1', port: listenPort, noDelay: true });
    incoming.setNoDelay(true);
    const cable = new Cable({ from, to: node }, { incoming, outgoing }, () => {
      if (!this.#cables.delete(cable)) return;
      this.#passed.set(pair, (this.#passed.get(pair) ?? 0) + cable.passedBytes);
    });
    this.#cables.add(cable);
    for (const speaker of trouble?.silent ?? []) cable.setSilent(speaker, true);
    cable.setDelay(trouble?.delayMs ?? 0);
  }
}

function pairOf(one: string, other: string): string {
  return [one, other].sort().join('|');
}
