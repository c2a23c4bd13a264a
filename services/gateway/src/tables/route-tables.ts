import type { RouteConfig, RouteSnapshot, RouteValidation } from '@peermesh/contracts/gateway';
import { commonErrors, gatewayErrors, isPeerMeshError } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import { diffRoutes } from '../domain/route-diff.ts';
import { compileRouteTable, type RouteTable } from '../domain/route-table.ts';
import type { RouteStore } from '../ports.ts';
import { readRouteFile, routeFileVersion } from './route-file.ts';

const POLL_MS = 500;
const HISTORY = 10;

/** What {@link RouteTables} needs. */
export interface RouteTablesOptions {
  readonly file: string;
  readonly store: RouteStore;
  readonly services: readonly string[];
  readonly logger: Logger;
  /** Called with each table that becomes active, the first one included. */
  readonly onActive: (table: RouteTable, snapshot: RouteSnapshot) => void;
}

/**
 * Keeps the active route table of this replica. The file rules until a table is activated over the API; from then on the
 * store rules, and rolling back to revision 0 activates the file again. A flawed candidate never replaces a good table.
 */
export class RouteTables {
  readonly #options: RouteTablesOptions;
  #table: RouteTable | null = null;
  #snapshot: RouteSnapshot | null = null;
  #fileVersion = '';
  #refusedRevision = -1;
  #lastError: string | null = null;
  /** The last error was the store's or the file system's; it is over with the next poll that succeeds. */
  #isOutage = false;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  #polling: Promise<void> = Promise.resolve();

  constructor(options: RouteTablesOptions) {
    this.#options = options;
  }

  /** Loads the newest snapshot, or the file. Rejects when there is neither a good one. */
  async start(): Promise<void> {
    await this.#followStore().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'route store is away, starting from the file');
    });
    if (this.#table === null) await this.#loadFile();
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#polling;
  }

  get active(): RouteSnapshot {
    return this.#snapshot!;
  }

  /** Why the newest candidate is not active; null when it is. */
  get lastError(): string | null {
    return this.#lastError;
  }

  /** Looks for a newer table now. */
  poll(): Promise<void> {
    this.#polling = this.#polling.then(() => this.#pollOnce());
    return this.#polling;
  }

  validate(candidate: unknown): RouteValidation {
    try {
      const table = this.#compile(candidate);
      return { valid: true, digest: table.digest, errors: [], diff: diffRoutes(this.active.config, table.config) };
    } catch (error) {
      if (!isPeerMeshError(error)) throw error;
      const errors = [...(error.occurrence.errors ?? [])];
      return { valid: false, digest: null, errors, diff: null };
    }
  }

  /** Activates a table on every replica. */
  async replace(
    config: RouteConfig,
    by: { readonly subject: string; readonly tenantId: string; readonly ifMatch: string | undefined },
  ): Promise<RouteSnapshot> {
    if (by.ifMatch === undefined) throw gatewayErrors.preconditionRequired();
    await this.poll();
    if (by.ifMatch !== `"${this.active.digest}"` && by.ifMatch !== '*') throw this.#stale();
    return this.#activate(this.#compile(config), 'api', by);
  }

  /** Activates an earlier table again, on every replica. */
  async rollback(
    revision: number | undefined,
    by: { readonly subject: string; readonly tenantId: string },
  ): Promise<RouteSnapshot> {
    await this.poll();
    const config = await this.#earlier(revision);
    return this.#activate(this.#compile(config), 'rollback', by);
  }

  history(): ReturnType<RouteStore['history']> {
    return this.#options.store.history(HISTORY);
  }

  async #earlier(revision: number | undefined): Promise<unknown> {
    const { store, file } = this.#options;
    if (revision === 0) return readRouteFile(file);
    if (revision !== undefined) {
      const found = await store.byRevision(revision);
      if (found === null) throw commonErrors.notFound({ detail: `Revision ${revision} is not in the history.` });
      return found.config;
    }
    const previous = (await store.history(HISTORY)).find(({ digest }) => digest !== this.active.digest);
    const found = previous === undefined ? null : await store.byRevision(previous.revision);
    if (found !== null) return found.config;
    if (this.active.revision === 0) throw gatewayErrors.nothingToRollBack();
    return readRouteFile(file);
  }

  async #activate(
    table: RouteTable,
    source: 'api' | 'rollback',
    by: { readonly subject: string; readonly tenantId: string },
  ): Promise<RouteSnapshot> {
    const snapshot = await this.#options.store.activate({
      config: table.config,
      digest: table.digest,
      source,
      activatedBy: by.subject,
      tenantId: by.tenantId,
      expectedRevision: this.active.revision,
    });
    if (snapshot === null) throw this.#stale();
    this.#swap(table, snapshot);
    return snapshot;
  }

  #stale(): Error {
    return gatewayErrors.routesStale({ meta: { activeDigest: this.active.digest } });
  }

  #compile(candidate: unknown): RouteTable {
    return compileRouteTable(candidate, { services: this.#options.services, previous: this.#table ?? undefined });
  }

  #swap(table: RouteTable, snapshot: RouteSnapshot): void {
    if (this.#snapshot !== null && snapshot.revision < this.#snapshot.revision) return;
    this.#table = table;
    this.#snapshot = snapshot;
    this.#clearError();
    this.#options.onActive(table, snapshot);
    const { digest, revision, source } = snapshot;
    this.#options.logger.info({ digest, revision, source, routes: table.routes.length }, 'route table is active');
  }

  #clearError(): void {
    this.#lastError = null;
    this.#isOutage = false;
  }

  #schedule(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.poll().finally(() => this.#schedule()), POLL_MS);
    this.#timer.unref();
  }

  async #pollOnce(): Promise<void> {
    try {
      await this.#followStore();
      if (this.active.revision === 0 && (await routeFileVersion(this.#options.file)) !== this.#fileVersion) {
        await this.#loadFile();
      }
      if (this.#isOutage) this.#clearError();
    } catch (error) {
      this.#isOutage = !isPeerMeshError(error);
      const text = isPeerMeshError(error) ? JSON.stringify(error.occurrence.errors ?? error.message) : String(error);
      if (this.#lastError !== text)
        this.#options.logger.error({ err: error, reason: text }, 'route table stays: the newest one cannot be used');
      this.#lastError = text;
    }
  }

  async #followStore(): Promise<void> {
    const revision = await this.#options.store.activeRevision();
    if (revision <= (this.#snapshot?.revision ?? 0) || revision === this.#refusedRevision) return;
    const snapshot = await this.#options.store.byRevision(revision);
    if (snapshot === null) return;
    try {
      this.#swap(this.#compile(snapshot.config), snapshot);
    } catch (error) {
      this.#refusedRevision = revision;
      throw error;
    }
  }

  async #loadFile(): Promise<void> {
    const version = await routeFileVersion(this.#options.file);
    const isFirst = this.#table === null;
    this.#fileVersion = version;
    const table = this.#compile(await readRouteFile(this.#options.file));
    if (!isFirst && table.digest === this.active.digest) return;
    this.#swap(table, {
      revision: 0,
      digest: table.digest,
      source: 'file',
      activatedAt: new Date().toISOString(),
      activatedBy: null,
      routeCount: table.routes.length,
      config: table.config,
    });
  }
}
