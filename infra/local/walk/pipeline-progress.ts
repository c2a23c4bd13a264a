import { setTimeout as delay } from 'node:timers/promises';
import { ingestRoutes } from '@peermesh/contracts/ingest';
import { LauncherError } from '../launcher-error.ts';
import type { Terminal } from '../terminal.ts';
import type { Api } from './api.ts';
import type { IndexedDocuments } from './indexed-documents.ts';
import type { Submission } from './intake.ts';
import type { WebhookSubscriber } from './webhook-subscriber.ts';

const POLL_INTERVAL_MS = 250;
/** Nothing moved for so long: something is stuck. */
const STALLED_AFTER_MS = 60_000;

export interface Pipeline {
  readonly api: Api;
  readonly terminal: Terminal;
  readonly subscriber: WebhookSubscriber;
  readonly indexed: IndexedDocuments;
  readonly submission: Submission;
}

interface Progress {
  readonly extracted: number;
  readonly failed: number;
  readonly indexed: number;
  readonly published: number;
}

/** Follows every accepted document through extraction, index and delivery, and returns when all have arrived. */
export async function showPipeline(pipeline: Pipeline): Promise<void> {
  const { terminal, submission } = pipeline;
  const total = submission.accepted.length;
  const bar = terminal.progress('pipeline');
  let before = '';
  let movedAt = performance.now();
  for (;;) {
    const progress = await readProgress(pipeline);
    const { extracted, failed, indexed, published } = progress;
    const note = `extracted ${extracted}, indexed ${indexed}, published ${published} of ${total}`;
    bar.update(extracted + indexed + published, total * 3, note);
    if (failed > 0)
      throw new LauncherError(`${failed} documents could not be extracted`, 'see `npm run logs -- ingest`');
    if (published >= total && indexed >= total && extracted >= total) break;
    if (note !== before) [before, movedAt] = [note, performance.now()];
    if (performance.now() - movedAt > STALLED_AFTER_MS) {
      throw new LauncherError(`the pipeline stands still (${note})`, stalledRemedy(progress, total));
    }
    await delay(POLL_INTERVAL_MS);
  }
  bar.end();
}

async function readProgress({ api, submission, indexed, subscriber }: Pipeline): Promise<Progress> {
  const { accepted, startedAt: submittedAfter } = submission;
  const versions = accepted.map(({ documentId, version }) => `${documentId} ${version}`);
  const [extracted, failed] = await Promise.all(
    (['extracted', 'failed'] as const).map(async (status) => {
      const { body } = await api.call(ingestRoutes.listContent, { query: { status, submittedAfter, limit: 1 } });
      return body.total;
    }),
  );
  return {
    extracted: extracted ?? 0,
    failed: failed ?? 0,
    indexed: versions.filter((version) => indexed.versions.has(version)).length,
    published: versions.filter((version) => subscriber.documents.has(version)).length,
  };
}

function stalledRemedy({ extracted, indexed }: Progress, total: number): string {
  const service = extracted < total ? 'ingest' : indexed < total ? 'search' : 'publisher';
  return `see \`npm run logs -- ${service}\` and \`npm run dlq -- list\``;
}
