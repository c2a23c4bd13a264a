import { after, before } from 'node:test';
import type { Leg } from '@peermesh/contracts/search';
import { LEGS } from '@peermesh/contracts/search';
import { hashingEmbedder } from '@peermesh/embedding';
import { silentLogger } from '@peermesh/testkit';
import { type KitBackend, searchBackendKit } from '@peermesh/testkit/search-backend-kit';
import { localEmbedder } from '../../src/adapters/embedder/local-embedder.ts';
import { FaultyBackend } from '../../src/adapters/faulty-backend.ts';
import { MemoryBackend } from '../../src/adapters/memory/memory-backend.ts';
import { PgGraphBackend } from '../../src/adapters/pg/pg-graph-backend.ts';
import { PgKeywordBackend } from '../../src/adapters/pg/pg-keyword-backend.ts';
import { PgTimeBackend } from '../../src/adapters/pg/pg-time-backend.ts';
import { PgVectorBackend } from '../../src/adapters/pg/pg-vector-backend.ts';
import { HnswThread } from '../../src/adapters/threads/hnsw-thread.ts';
import type { SearchBackend } from '../../src/ports.ts';
import { type SearchTestDatabase, startSearchDatabase } from '../support/test-database.ts';

const embedder = hashingEmbedder(64);
const now = (): number => Date.UTC(2026, 5, 15, 12);
const logger = silentLogger();
const embed = (text: string) => ({ space: embedder.space, vector: embedder.embed(text) });

let database: SearchTestDatabase;
let generations = 100;
before(async () => {
  database = await startSearchDatabase();
});
after(() => database.stop());

for (const kind of LEGS) {
  searchBackendKit({
    name: `memory-${kind}`,
    embed,
    create: async () => new MemoryBackend({ kind, space: embedder.space, now }),
  });
  searchBackendKit({
    name: `pg-${kind}`,
    embed,
    largeBatch: 3_000,
    create: () => register(kind, open),
    reopen: (backend) => again(backend, open),
  });
}
searchBackendKit({
  name: 'pg-keyword without mirror',
  embed,
  largeBatch: 3_000,
  create: () => register('keyword', openTables),
  reopen: (backend) => again(backend, openTables),
});
searchBackendKit({
  name: 'pg-graph without mirror',
  embed,
  largeBatch: 3_000,
  create: () => register('graph', openTables),
  reopen: (backend) => again(backend, openTables),
});
searchBackendKit({
  name: 'memory-keyword behind the fault switch',
  embed,
  create: async () => new FaultyBackend(new MemoryBackend({ kind: 'keyword' })),
});

type Open = (kind: Leg, generation: number) => SearchBackend;
const generationOf = new WeakMap<KitBackend, number>();

function open(kind: Leg, generation: number): SearchBackend {
  const { db } = database;
  switch (kind) {
    case 'keyword':
      return new PgKeywordBackend({ db, generation, mirrorBytesMax: 100_000_000, logger });
    case 'vector':
      return new PgVectorBackend({ db, generation, embedder: localEmbedder(embedder), graphs: new HnswThread() });
    case 'graph':
      return new PgGraphBackend({ db, generation, mirrorBytesMax: 100_000_000, logger });
    case 'time':
      return new PgTimeBackend({ db, generation, now });
    default:
      return kind satisfies never;
  }
}

function openTables(kind: Leg, generation: number): SearchBackend {
  const options = { db: database.db, generation, mirrorBytesMax: 0, logger };
  return kind === 'graph' ? new PgGraphBackend(options) : new PgKeywordBackend(options);
}

async function register(kind: Leg, make: Open): Promise<KitBackend> {
  generations += 1;
  await database.db.pool.query(
    `INSERT INTO search.search_backend_generations (kind, generation, impl, space_id, state) VALUES ($1, $2, 'kit', $3, 'standby')`,
    [kind, generations, embedder.space],
  );
  const backend = make(kind, generations);
  await backend.ensureSchema();
  await backend.refresh();
  generationOf.set(backend, generations);
  return backend;
}

async function again(backend: KitBackend, make: Open): Promise<KitBackend> {
  return make(backend.kind, generationOf.get(backend) ?? 0);
}
