import { Worker } from 'node:worker_threads';
import type { Database } from '@peermesh/database';
import type { Logger } from '@peermesh/telemetry';
import { storeModel } from '../adapters/pg/embedding-models.ts';
import type { LsaModel } from '../domain/vector/lsa.ts';
import { readGenerations } from '../projection/generation-registry.ts';
import { registerGeneration } from '../projection/generation-switch.ts';

/** What an {@link EmbeddingTrainer} needs. */
export interface TrainingOptions {
  readonly db: Database<unknown>;
  readonly logger: Logger;
  readonly documentsMin: number;
  readonly sampleMax: number;
}

const GROWTH = 8;
const FRUITLESS_GROWTH = 2;
const CHARACTERS_MAX = 5_000;

/** Trains latent semantic spaces as the documents grow. One runs at a time, in the replica that leads the projection. */
export class EmbeddingTrainer {
  readonly #options: TrainingOptions;
  #fruitlessAt = 0;

  constructor(options: TrainingOptions) {
    this.#options = options;
  }

  /**
   * Trains when there are documents enough and none was trained on an eighth as many, and registers a vector generation for
   * the space. The generation takes over by itself once it is filled. Documents that are too alike to carry a space are not
   * looked at again until there are twice as many.
   */
  async trainWhenDue(): Promise<boolean> {
    const { db, logger, sampleMax } = this.#options;
    const documents = await this.#documentsToTrain();
    if (documents === null) return false;
    const texts = await sample(db, sampleMax);
    const startedAt = performance.now();
    const model = await trainInWorker(texts);
    if (model === null) {
      this.#fruitlessAt = documents;
      logger.info({ documents: texts.length }, 'the documents are too alike to train an embedding space');
      return false;
    }
    const space = await storeModel(db, model, documents);
    const generation = await registerGeneration(db, { kind: 'vector', impl: 'pg-vector', spaceId: space, config: {} });
    logger.info(
      { space, generation, documents: texts.length, tookMs: Math.round(performance.now() - startedAt) },
      'embedding space trained',
    );
    return generation !== null;
  }

  /** How many documents there are; null when they are not to be trained on now. */
  async #documentsToTrain(): Promise<number | null> {
    const { db, documentsMin } = this.#options;
    const vectors = (await readGenerations(db)).filter(({ kind, state }) => kind === 'vector' && state !== 'retired');
    if (vectors.some(({ state }) => state === 'backfill')) return null;
    const { rows } = await db.pool.query<{ trained: number | null }>(
      'SELECT max(documents) AS trained FROM search.search_embedding_models',
    );
    const documents = vectors.find(({ state }) => state === 'active')?.records ?? 0;
    const trained = rows[0]?.trained ?? 0;
    const isDue = documents >= Math.max(documentsMin, trained * GROWTH, this.#fruitlessAt * FRUITLESS_GROWTH);
    return isDue ? documents : null;
  }
}

async function sample(db: Database<unknown>, max: number): Promise<string[]> {
  return db.system(
    async (tx) => {
      const { rows } = await tx.client.query<{ text: string }>(
        `SELECT coalesce(title, '') || E'\n' || left(text, ${CHARACTERS_MAX}) AS text FROM search.search_documents
          WHERE NOT deleted AND length(text) > 40 ORDER BY content_hash LIMIT $1`,
        [max],
      );
      return rows.map(({ text }) => text);
    },
    { readOnly: true, statementTimeoutMs: 60_000 },
  );
}

function trainInWorker(texts: readonly string[]): Promise<LsaModel | null> {
  const { promise, resolve, reject } = Promise.withResolvers<LsaModel | null>();
  const isSource = import.meta.url.endsWith('.ts');
  const worker = new Worker(new URL(isSource ? './lsa-training.ts' : './lsa-training.js', import.meta.url), {
    workerData: texts,
  });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`the training ended with code ${code}`)));
  worker.unref();
  return promise;
}

/** Registers a vector generation for the space of a configured embedding server, unless there is one. */
export async function ensureEmbedderGeneration(db: Database<unknown>, space: string): Promise<void> {
  const generations = await readGenerations(db);
  if (generations.some(({ kind, state, spaceId }) => kind === 'vector' && state !== 'retired' && spaceId === space))
    return;
  await registerGeneration(db, { kind: 'vector', impl: 'pg-vector', spaceId: space, config: {} });
}
