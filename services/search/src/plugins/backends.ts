import type { Database } from '@peermesh/database';
import { hashingEmbedder } from '@peermesh/embedding';
import type { Logger } from '@peermesh/telemetry';
import { httpEmbedder } from '../adapters/embedder/http-embedder.ts';
import { localEmbedder } from '../adapters/embedder/local-embedder.ts';
import { FaultyBackend } from '../adapters/faulty-backend.ts';
import { readModel } from '../adapters/pg/embedding-models.ts';
import { PgGraphBackend } from '../adapters/pg/pg-graph-backend.ts';
import { PgKeywordBackend } from '../adapters/pg/pg-keyword-backend.ts';
import { PgTimeBackend } from '../adapters/pg/pg-time-backend.ts';
import { PgVectorBackend } from '../adapters/pg/pg-vector-backend.ts';
import { HnswThread } from '../adapters/threads/hnsw-thread.ts';
import type { SearchConfig } from '../config.ts';
import { lsaEmbedder } from '../domain/vector/lsa.ts';
import type { NeighbourGraphs } from '../domain/vector/neighbour-graph.ts';
import { dimsOf } from '../domain/vector/vector-store.ts';
import type { NameLookup } from '../orchestrator/name-linker.ts';
import type { QueryEmbedder, SearchBackend } from '../ports.ts';
import type { BackendFactory, Generation } from '../projection/generation-registry.ts';

/** What backends are made of. */
export interface BackendDeps {
  readonly db: Database<unknown>;
  readonly config: SearchConfig;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Makes the backend of each generation, behind a fault switch, and ends what they share once all are closed. */
export function createBackendFactory(deps: BackendDeps): {
  readonly factory: BackendFactory;
  end(): Promise<void>;
} {
  const graphs = new HnswThread((error) => deps.logger.error({ err: error }, 'the thread of the vector graphs failed'));
  return {
    factory: async (generation) => new FaultyBackend(await open(deps, generation, graphs)),
    end: () => graphs.end(),
  };
}

/** The embedder of a vector backend; null for any other. */
export function embedderOf(backend: SearchBackend): QueryEmbedder | null {
  const inner = backend instanceof FaultyBackend ? backend.inner : backend;
  return inner instanceof PgVectorBackend ? inner.embedder : null;
}

async function open(
  { db, config, logger, now }: BackendDeps,
  row: Generation,
  graphs: NeighbourGraphs,
): Promise<SearchBackend> {
  const { generation } = row;
  switch (row.impl) {
    case 'pg-keyword':
      return new PgKeywordBackend({
        db,
        generation,
        mirrorBytesMax: config.KEYWORD_MIRROR_MIB_MAX * 1024 * 1024,
        logger,
      });
    case 'pg-vector':
      return new PgVectorBackend({
        db,
        generation,
        embedder: await embedderFor(db, config, row.spaceId ?? ''),
        graphs,
      });
    case 'pg-graph':
      return new PgGraphBackend({
        db,
        generation,
        mirrorBytesMax: config.GRAPH_MIRROR_MIB_MAX * 1024 * 1024,
        logger,
      });
    case 'pg-time':
      return new PgTimeBackend({ db, generation, now });
    default:
      throw new Error(`no implementation ${row.impl} for generation ${generation} of ${row.kind}`);
  }
}

async function embedderFor(db: Database<unknown>, config: SearchConfig, space: string): Promise<QueryEmbedder> {
  if (space.startsWith('hashing@')) return localEmbedder(hashingEmbedder(dimsOf(space)));
  if (space.startsWith('lsa@')) {
    const model = await readModel(db, space);
    if (model === null) throw new Error(`the model of space ${space} is not stored`);
    return localEmbedder(lsaEmbedder(model, space.slice('lsa@'.length, space.lastIndexOf('/'))));
  }
  if (space !== config.EMBEDDER_SPACE) throw new Error(`nothing is configured for the embedding space ${space}`);
  return httpEmbedder({
    api: config.EMBEDDER_API,
    url: config.EMBEDDER_URL,
    model: config.EMBEDDER_MODEL,
    space,
    apiKey: config.EMBEDDER_API_KEY === '' ? null : config.EMBEDDER_API_KEY,
  });
}

/** Looks up entity names in the memory of a keyword backend. */
export const nameLookup: NameLookup = (running, names, viewer, max) => {
  const backend = running?.backend instanceof FaultyBackend ? running.backend.inner : running?.backend;
  return backend instanceof PgKeywordBackend ? backend.findNames(names, viewer, max) : null;
};
