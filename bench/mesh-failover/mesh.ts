import { type MeshProcess, MeshProcesses, MessageStream } from '@peermesh/infra/mesh-processes';

const RELAYS = ['quay-1', 'quay-2', 'quay-3', 'quay-4'];
const ENDS = ['edge-1', 'edge-2'] as const;
const MESSAGE_EVERY_MS = 10;
const MESSAGE_BYTES = 256;

/** Six nodes as processes: reliable messages go from one that accepts no connection to another, through four relays. */
export interface Subject {
  readonly mesh: MeshProcesses;
  readonly relays: readonly MeshProcess[];
  readonly source: MeshProcess;
  readonly target: MeshProcess;
  readonly stream: MessageStream;
}

/** Starts and forms the mesh, and its traffic. */
export async function startSubject(): Promise<Subject> {
  const mesh = await MeshProcesses.open();
  try {
    await Promise.all([
      ...RELAYS.map((name) => mesh.start(name)),
      ...ENDS.map((name) => mesh.start(name, { isInbound: false })),
    ]);
    const relays = RELAYS.map((name) => mesh.node(name));
    const [source, target] = [mesh.node(ENDS[0]), mesh.node(ENDS[1])];
    await mesh.form('harbour', [...relays, source, target]);
    await mesh.settled();
    const stream = new MessageStream({
      topic: 'failover',
      everyMs: MESSAGE_EVERY_MS,
      payloadBytes: MESSAGE_BYTES,
    });
    await stream.start(source, target, mesh.operator);
    return { mesh, relays, source, target, stream };
  } catch (error) {
    await mesh.close();
    throw error;
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
