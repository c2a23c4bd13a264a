import type { SubmitContent } from '@peermesh/contracts/ingest';
import type { Fleet } from '../fleet.ts';
import { LauncherError } from '../launcher-error.ts';
import { seconds, type Terminal } from '../terminal.ts';
import { adminTokens } from './admin-login.ts';
import { type Api, createApi } from './api.ts';
import type { Corpus } from './corpus.ts';
import { followFeed } from './feed.ts';
import { followIndexedDocuments } from './indexed-documents.ts';
import { type Submission, submitItems } from './intake.ts';
import { showPipeline } from './pipeline-progress.ts';
import { showSearches } from './searches.ts';
import { showcaseQueries } from './showcase-queries.ts';
import { subscribe } from './subscription.ts';
import { startWebhookSubscriber } from './webhook-subscriber.ts';

/** What the walk takes in carries this topic, and its subscription asks for it. */
const TOPIC = 'corpus';

export interface WalkOptions {
  readonly fleet: Fleet;
  readonly terminal: Terminal;
  readonly corpus: Corpus;
  readonly feed?: string;
}

/**
 * Does the main job for all to see: takes documents in, follows them until a subscriber has them, and searches.
 * Rejects when any of it fails.
 */
export async function runWalk(options: WalkOptions): Promise<void> {
  const { fleet, terminal, corpus } = options;
  const api = createApi(fleet.gatewayUrl, adminTokens(fleet.gatewayUrl, fleet.secrets.adminPassword));
  terminal.heading('The main job');
  for (const reason of corpus.skipped) terminal.line(`  left out ${reason}`);
  const subscriber = await startWebhookSubscriber();
  try {
    const subscription = await terminal.step(
      'subscriber',
      () => subscribe(api, TOPIC, subscriber),
      () => subscriber.url,
    );
    try {
      await deliverCorpus({
        api,
        terminal,
        subscriber,
        items: [...corpus.items, walkNote(corpus.items.length)],
      });
    } finally {
      await subscription.remove();
    }
  } finally {
    await subscriber.stop();
  }
  if (options.feed !== undefined) await followFeed(api, terminal, options.feed);
  await showSearches(api, terminal, showcaseQueries(corpus.items));
}

interface Delivery {
  readonly api: Api;
  readonly terminal: Terminal;
  readonly subscriber: Awaited<ReturnType<typeof startWebhookSubscriber>>;
  readonly items: readonly SubmitContent[];
}

async function deliverCorpus({ api, terminal, subscriber, items }: Delivery): Promise<void> {
  const startedAt = performance.now();
  const indexed = await followIndexedDocuments(api);
  try {
    const tagged = items.map((item) => ({ ...item, topics: [...(item.topics ?? []), TOPIC] }));
    const submission = await submitItems(api, terminal, tagged);
    describeIntake(terminal, submission);
    await showPipeline({ api, terminal, subscriber, indexed, submission });
    const perSecond = submission.accepted.length / ((performance.now() - startedAt) / 1_000);
    terminal.line(
      `  ${submission.accepted.length} documents from intake to the subscriber in ${seconds(performance.now() - startedAt)} (${perSecond.toFixed(0)}/s); ${subscriber.receivedCount()} webhooks, every signature right`,
    );
  } finally {
    await indexed.stop();
  }
  if (subscriber.refused.length > 0) {
    throw new LauncherError(`${subscriber.refused.length} webhooks had a wrong signature`, subscriber.refused[0] ?? '');
  }
}

function describeIntake(terminal: Terminal, { accepted, duplicates, rejected }: Submission): void {
  for (const { index, code, detail } of rejected) terminal.line(`  item ${index} was refused: ${code} ${detail}`);
  terminal.line(`  submitted: ${accepted.length} accepted, ${duplicates} already known, ${rejected.length} refused`);
}

/** A document that is new at every start, so that there is something to deliver when the rest is known already. */
function walkNote(itemCount: number): SubmitContent {
  const now = new Date().toISOString();
  return {
    format: 'markdown',
    title: 'Note of the last start',
    body: `# Note of the last start\n\nPeerMesh was started on this machine at ${now} and took in ${itemCount} documents.\n`,
    itemKey: 'peermesh-walk-note',
  };
}
