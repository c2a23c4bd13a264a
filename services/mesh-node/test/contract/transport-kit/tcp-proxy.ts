import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** A TCP proxy on loopback that records, changes, holds and cuts. */
export class TcpProxy {
  /** All that clients sent. */
  readonly recorded: Buffer[] = [];
  /** Changes what the server sends. */
  edit: (chunk: Buffer) => Buffer = (chunk) => chunk;
  readonly #server: Server;
  readonly #pairs: [client: Socket, server: Socket][] = [];

  private constructor(targetPort: number) {
    this.#server = createServer((client) => {
      const server = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
      this.#pairs.push([client, server]);
      client.on('data', (chunk: Buffer) => {
        this.recorded.push(chunk);
        server.write(chunk);
      });
      server.on('data', (chunk: Buffer) => client.write(this.edit(chunk)));
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on('error', () => undefined);
        one.on('close', () => other.end());
      }
    });
  }

  static async start(t: TestContext, targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    proxy.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(proxy.#server, 'listening');
    t.after(() => {
      proxy.cut();
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Reads nothing any more, from either side; the connections stand. */
  freeze(): void {
    for (const socket of this.#pairs.flat()) socket.pause();
  }

  /** Ends all connections and takes no further ones. */
  cut(): void {
    this.#server.close();
    this.drop();
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.#pairs.splice(0).flat()) socket.destroy();
  }
}
