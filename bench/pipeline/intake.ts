import { createClient } from '@peermesh/contracts';
import { DocumentIndexed } from '@peermesh/contracts/events';
import { ingestRoutes, type SubmitContent } from '@peermesh/contracts/ingest';
import { createTail } from '@peermesh/messaging';
import { silentLogger } from '@peermesh/testkit';
import type { PipelineProcesses } from './stores.ts';

const SEARCHABLE_WITHIN_MS = 120_000;

/** What one run found. */
export interface IntakeRun {
  readonly documents: number;
  /** From the first request to the last document that is searchable. */
  readonly perSecond: number;
  /** From the first request to the answer to the last one. */
  readonly acceptedPerSecond: number;
  /** From the answer that accepted a document until `search.document_indexed` told of it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Load {
  readonly items: Iterator<SubmitContent>;
  readonly count: number;
  /** Items of one request; 1 is `POST /api/v1/content`, more `POST /api/v1/content/batch`. */
  readonly perRequest: number;
  /** Requests at once. */
  readonly concurrency: number;
  /** Requests start at this rate, whatever the answers do; as fast as they are answered when absent. */
  readonly perSecond?: number;
}

/** Submits documents and follows them until every one is searchable. */
export class Intake {
  readonly #client;
  readonly #acceptedAt = new Map<string, number>();
  readonly #searchableAt = new Map<string, number>();
  readonly #tail;

  constructor(pipeline: PipelineProcesses) {
    this.#client = createClient(ingestRoutes, { baseUrl: pipeline.ingest.url, token: pipeline.token, retries: 0 });
    this.#tail = createTail(
      { nats: pipeline.nats, events: [DocumentIndexed], from: 'new', logger: silentLogger() },
      (event) => {
        this.#searchableAt.set((event.data as { documentId: string }).documentId, performance.now());
      },
    );
  }

  async run(load: Load): Promise<IntakeRun> {
    await this.#tail.caughtUp;
    this.#acceptedAt.clear();
    this.#searchableAt.clear();
    const startedAt = performance.now();
    await (load.perSecond === undefined ? this.#saturate(load) : this.#pace(load, load.perSecond));
    const acceptedMs = performance.now() - startedAt;
    await this.#allSearchable(load.count);
    const endedAt = Math.max(...this.#searchableAt.values());
    const waits = [...this.#acceptedAt].map(([id, at]) => Math.max(0, (this.#searchableAt.get(id) ?? endedAt) - at));
    waits.sort((a, b) => a - b);
    const quantile = (q: number): number => Math.round(waits[Math.floor(waits.length * q)] ?? 0);
    return {
      documents: load.count,
      perSecond: Math.round(load.count / ((endedAt - startedAt) / 1_000)),
      acceptedPerSecond: Math.round(load.count / (acceptedMs / 1_000)),
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  }

  stop(): Promise<void> {
    return this.#tail.stop();
  }

  async #saturate({ items, count, perRequest, concurrency }: Load): Promise<void> {
    let left = count;
    const client = async (): Promise<void> => {
      while (left > 0) {
        const size = Math.min(perRequest, left);
        left -= size;
        await this.#submit(items, size);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, client));
  }

  async #pace({ items, count, perRequest }: Load, perSecond: number): Promise<void> {
    const startedAt = performance.now();
    const requests: Promise<void>[] = [];
    for (let sent = 0; sent < count; sent += perRequest) {
      const waitMs = startedAt + (sent / perSecond) * 1_000 - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      requests.push(this.#submit(items, Math.min(perRequest, count - sent)));
    }
    await Promise.all(requests);
  }

  async #submit(source: Iterator<SubmitContent>, count: number): Promise<void> {
    const items = Array.from({ length: count }, () => source.next().value as SubmitContent);
    const [only] = items;
    if (count === 1 && only !== undefined) {
      const { body } = await this.#client.submitContent({ body: only });
      this.#acceptedAt.set(body.documentId, performance.now());
      return;
    }
    const { body } = await this.#client.submitContentBatch({ body: { items } });
    if (body.accepted !== count) throw new Error(`${body.accepted} of ${count} documents were accepted`);
    const now = performance.now();
    for (const { documentId } of body.items) if (documentId !== undefined) this.#acceptedAt.set(documentId, now);
  }

  async #allSearchable(count: number): Promise<void> {
    const until = performance.now() + SEARCHABLE_WITHIN_MS;
    while (this.#searchableAt.size < count) {
      if (performance.now() > until)
        throw new Error(`only ${this.#searchableAt.size} of ${count} documents became searchable`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
