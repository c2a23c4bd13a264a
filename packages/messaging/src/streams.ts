import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** One JetStream stream as code. */
export interface StreamDeclaration {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly description: string;
  readonly retention: 'limits' | 'workqueue';
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** What happens when it is full: events make room (`old`), commands are refused (`new`). */
  readonly discard: 'old' | 'new';
  readonly replicas?: number;
}

const DAY_MS = 24 * 3600 * 1000;
const GIB = 1024 ** 3;

const events = (name: string, subjects: string[], description: string): StreamDeclaration => ({
  name,
  subjects,
  description,
  retention: 'limits',
  maxAgeMs: 7 * DAY_MS,
  maxBytes: 4 * GIB,
  discard: 'old',
});

/** Every stream of PeerMesh. */
export const peermeshStreams: readonly StreamDeclaration[] = [
  events('CONTENT', ['content.>'], 'Content accepted or refused by ingest.'),
  events('AI', ['ai.extracted', 'ai.extraction_failed'], 'Results of extraction.'),
  events('SEARCH', ['search.>'], 'Documents indexed, entities changed.'),
  events('PUBLISHING', ['publishing.>'], 'What subscribers are told, and what became of it.'),
  events('AUTH', ['auth.>'], 'Users, revocations, decisions.'),
  events('GATEWAY', ['gateway.>'], 'Route tables.'),
  events('MESH', ['mesh.>'], 'Members, links and health of meshes.'),
  events('ROUTER', ['router.>'], 'Paths of meshes.'),
  {
    name: 'JOBS',
    subjects: ['ai.extraction_requested'],
    description: 'Extraction jobs; each is taken once.',
    retention: 'workqueue',
    maxAgeMs: 7 * DAY_MS,
    maxBytes: 4 * GIB,
    discard: 'new',
  },
  { ...events('DLQ', ['dlq.>'], 'Dead letters of all consumers.'), maxAgeMs: 30 * DAY_MS, maxBytes: GIB },
  { ...events('REDRIVE', ['redrive.>'], 'Dead letters on their second way to one consumer.'), maxBytes: GIB },
  {
    ...events(
      'ADVISORY',
      ['$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>'],
      'Messages that the server has stopped delivering.',
    ),
    maxBytes: GIB / 4,
  },
];

/**
 * Makes or updates streams; idempotent. Fails when the server echoes another configuration than was asked for: some
 * versions ignore options in silence.
 * @returns the names that were created or changed
 */
export async function applyStreams(
  nats: NatsConnection,
  declarations: readonly StreamDeclaration[] = peermeshStreams,
): Promise<string[]> {
  const manager = await jetstreamManager(nats);
  const changed: string[] = [];
  for (const declaration of declarations) {
    const wanted = configOf(declaration);
    const current = await manager.streams.info(declaration.name).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (current === null) {
      assertEcho(declaration.name, wanted, (await manager.streams.add(wanted)).config);
      changed.push(declaration.name);
    } else if (differs(wanted, current.config)) {
      assertEcho(declaration.name, wanted, (await manager.streams.update(declaration.name, wanted)).config);
      changed.push(declaration.name);
    }
  }
  return changed;
}

type Wanted = Pick<
  StreamConfig,
  | 'name'
  | 'subjects'
  | 'retention'
  | 'storage'
  | 'max_age'
  | 'max_bytes'
  | 'discard'
  | 'duplicate_window'
  | 'num_replicas'
  | 'deny_delete'
  | 'allow_direct'
  | 'description'
>;

function configOf(declaration: StreamDeclaration): Wanted {
  return {
    name: declaration.name,
    subjects: [...declaration.subjects],
    description: declaration.description,
    retention: declaration.retention,
    storage: 'file',
    max_age: declaration.maxAgeMs * 1_000_000,
    max_bytes: declaration.maxBytes,
    discard: declaration.discard,
    duplicate_window: 120 * 1_000_000_000,
    num_replicas: declaration.replicas ?? 1,
    deny_delete: false,
    allow_direct: true,
  };
}

function differs(wanted: Wanted, actual: StreamConfig): boolean {
  return Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(actual[key as keyof StreamConfig] ?? defaultOf(value)) !== JSON.stringify(value),
  );
}

function defaultOf(value: unknown): unknown {
  return value === false ? false : undefined;
}

function assertEcho(name: string, wanted: Wanted, actual: StreamConfig): void {
  if (differs(wanted, actual)) throw new Error(`stream ${name}: the server did not take the whole configuration`);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'StreamNotFoundError' || ('code' in error && error.code === 10059));
}
