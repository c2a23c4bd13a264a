import type { TestContext } from 'node:test';
import { waitFor } from '@peermesh/testkit';
import type { NodeKey } from '../../../src/identity/index.ts';
import {
  type Connection,
  DEFAULT_TRANSPORT_LIMITS,
  type DialError,
  type RefusalReason,
  type RevocationCheck,
  type Transport,
  type TransportCredentials,
  type TransportEvents,
  type TransportLimits,
  type TransportSettings,
} from '../../../src/transport/index.ts';
import { createNodeKey, LINK_OFFER } from './test-mesh.ts';

/** What the kit knows of an adapter. */
export interface TransportAdapter {
  readonly plainScheme: string;
  readonly secureScheme: string;
  create(settings: TransportSettings, events: TransportEvents): Transport;
  /** A peer that speaks the adapter's framing on a plain connection and nothing above it. */
  dialRaw(port: number, lane: number): Promise<RawPeer>;
}

/** The other end of a channel, without manners. */
export interface RawPeer {
  readonly received: Uint8Array[];
  /** What the node said when it ended the connection; null while it stands. */
  endedWith: string | null;
  send(message: Uint8Array): void;
  close(): void;
}

type Adapter = Pick<TransportAdapter, 'plainScheme' | 'secureScheme' | 'create'>;

export interface TestNodeOptions {
  readonly key?: NodeKey;
  readonly credentials?: TransportCredentials | null;
  readonly limits?: Partial<TransportLimits>;
  readonly nowMs?: () => number;
  readonly listens?: boolean;
  readonly isRevoked?: RevocationCheck;
}

/** One transport, and all that it has told. */
export class TestNode {
  readonly key: NodeKey;
  readonly transport: Transport;
  readonly connections: Connection[] = [];
  readonly batches = new Map<number, Uint8Array[]>();
  readonly closed: { readonly connection: Connection; readonly reason: string }[] = [];
  readonly dialFailures: { readonly address: string; readonly lane: number; readonly error: DialError }[] = [];
  address = '';

  constructor(adapter: Adapter, options: TestNodeOptions) {
    this.key = options.key ?? createNodeKey();
    const credentials = options.credentials ?? null;
    const scheme = credentials === null ? adapter.plainScheme : adapter.secureScheme;
    const settings: TransportSettings = {
      key: this.key,
      incarnation: 7,
      link: LINK_OFFER,
      listens: options.listens === false ? [] : [`${scheme}://127.0.0.1:0`],
      credentials,
      isRevoked: options.isRevoked ?? (() => false),
      now: options.nowMs ?? Date.now,
      limits: { ...DEFAULT_TRANSPORT_LIMITS, resumeMs: 300, ...options.limits },
    };
    this.transport = adapter.create(settings, {
      onConnection: (connection) => {
        this.connections.push(connection);
        this.batches.set(connection.id, []);
      },
      onBatch: (connection, bytes) => this.batches.get(connection.id)!.push(bytes),
      onClosed: (connection, reason) => this.closed.push({ connection, reason }),
      onDialFailed: (address, lane, error) => this.dialFailures.push({ address, lane, error }),
    });
  }

  static async start(t: TestContext, adapter: Adapter, options: TestNodeOptions = {}): Promise<TestNode> {
    const node = new TestNode(adapter, options);
    t.after(() => node.transport.close());
    if (options.listens !== false) [node.address = ''] = await node.transport.listen();
    return node;
  }

  get port(): number {
    return Number(new URL(this.address).port);
  }

  refused(reason: RefusalReason): number {
    return this.transport.stats().refused.get(reason) ?? 0;
  }

  received(connection: Connection): Uint8Array[] {
    return this.batches.get(connection.id) ?? [];
  }

  /** Why the first connection of this node ended. */
  closeReason(): Promise<string> {
    return waitFor(() => this.closed[0]?.reason, { message: 'a connection is closed' });
  }

  /** Why the first dial of this node failed. */
  dialFailure(): Promise<string> {
    return waitFor(() => this.dialFailures[0]?.error.reason, { message: 'a dial fails' });
  }
}

/** Dials and waits until both sides have the connection. */
export async function connect(from: TestNode, to: TestNode, lane = 0): Promise<[Connection, Connection]> {
  const known = new Set([...from.connections, ...to.connections]);
  from.transport.dial(to.address, lane, to.key.nodeId);
  const find = (node: TestNode): Promise<Connection> =>
    waitFor(() => node.connections.find((one) => !known.has(one) && one.lane === lane), {
      message: `a connection: ${JSON.stringify(from.dialFailures)}`,
    });
  return [await find(from), await find(to)];
}

/** True when a good peer can still come in and be heard. */
export async function stillServes(t: TestContext, adapter: TransportAdapter, node: TestNode): Promise<boolean> {
  const other = await TestNode.start(t, adapter, { listens: false });
  const [there, here] = await connect(other, node);
  there.send(Buffer.from('still here'));
  await waitFor(() => node.received(here).length === 1);
  return true;
}
