import type { FastifyInstance } from 'fastify';
import type { QuotaStore } from '../adapters/pg/quota-store.ts';
import type { Intake } from '../usecases/intake.ts';
import type { SourceDependencies } from '../usecases/manage-sources.ts';
import type { HookDependencies } from '../usecases/receive-hook.ts';
import { mountDelete } from './v1/content/delete.ts';
import { mountGet } from './v1/content/get.ts';
import { mountList } from './v1/content/list.ts';
import { mountSubmit } from './v1/content/submit.ts';
import { mountSubmitBatch } from './v1/content/submit-batch.ts';
import { mountGetJob } from './v1/extraction-jobs/get.ts';
import { mountListJobs } from './v1/extraction-jobs/list.ts';
import { mountRetryJob } from './v1/extraction-jobs/retry.ts';
import { mountReceiveHook } from './v1/hooks/receive.ts';
import { mountQuota } from './v1/quota/quota.ts';
import { mountCreateSource } from './v1/sources/create.ts';
import { mountDeleteSource } from './v1/sources/delete.ts';
import { mountFetchSource } from './v1/sources/fetch.ts';
import { mountGetSource } from './v1/sources/get.ts';
import { mountListSources } from './v1/sources/list.ts';
import { mountListFetches } from './v1/sources/list-fetches.ts';
import { mountRotateSecret } from './v1/sources/rotate-secret.ts';
import { mountUpdateSource } from './v1/sources/update.ts';

/** What the routes need. */
export interface RouteDependencies {
  readonly intake: Intake;
  readonly store: HookDependencies;
  readonly sources: SourceDependencies;
  readonly quotaStore: QuotaStore;
}

/** Mounts every route of the service. */
export async function mountRoutes(
  app: FastifyInstance,
  { intake, store, sources, quotaStore }: RouteDependencies,
): Promise<void> {
  const { db, bus, clock } = store;
  mountSubmit(app, intake);
  mountSubmitBatch(app, intake);
  mountList(app, db);
  mountGet(app, db);
  mountDelete(app, db, bus, clock);
  mountCreateSource(app, sources);
  mountListSources(app, sources);
  mountGetSource(app, sources);
  mountUpdateSource(app, sources);
  mountDeleteSource(app, sources);
  mountFetchSource(app, sources);
  mountListFetches(app, sources);
  mountRotateSecret(app, sources);
  mountListJobs(app, db);
  mountGetJob(app, db);
  mountRetryJob(app, db, store);
  mountQuota(app, quotaStore, store.quotas);
  await mountReceiveHook(app, store);
}
