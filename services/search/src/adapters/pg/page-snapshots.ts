import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@peermesh/database';
import { searchErrors } from '@peermesh/errors';
import type { Logger } from '@peermesh/telemetry';
import { LRUCache } from 'lru-cache';
import { AS_SYSTEM } from './one-trip.ts';
import { type PageSlab, PageSlabs } from './page-slab.ts';

/** Who may use a snapshot: the tenant, and a digest of the viewer's principals. */
export interface SnapshotOwner {
  readonly tenantId: string;
  readonly owner: string;
}

interface Snapshot extends SnapshotOwner {
  readonly id: string;
  readonly fingerprint: string;
  readonly secret: string;
  readonly page: Buffer;
  readonly expiresAt: number;
}

const TTL_MS = 5 * 60_000;
const FLUSH_MS = 50;
const READ_ATTEMPTS = 8;
const SECRET_BYTES = 24;
const SECRETS_AT_ONCE = 128;

/**
 * Frozen result lists, in PostgreSQL for all replicas; in memory only until they are written, and when that fails. Writes
 * are gathered for a moment so that a search does not wait for them. Cursors are signed with a key of the snapshot's own.
 */
export class PageSnapshots {
  readonly #db: Database<unknown>;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #unwritten = new Map<string, Snapshot>();
  readonly #stranded = new LRUCache<string, Snapshot>({ max: 1_000, ttl: TTL_MS });
  #random = Buffer.alloc(0);
  #randomAt = 0;
  readonly #slabs = new PageSlabs();
  #slab: PageSlab = this.#slabs.open(0);
  #pending: Snapshot[] = [];
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(options: { db: Database<unknown>; logger: Logger; now: () => number }) {
    this.#db = options.db;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  /** Freezes a list, which `pack` writes into the memory that it asks for; returns a function that makes cursors into it. */
  freeze(
    owner: SnapshotOwner,
    fingerprint: string,
    pack: (allocate: (bytes: number) => Buffer) => Buffer,
  ): (offset: number) => string {
    const secret = this.#secret();
    const page = pack((bytes) => this.#allocate(bytes));
    const snapshot: Snapshot = {
      ...owner,
      id: randomUUID(),
      fingerprint,
      secret,
      page,
      expiresAt: this.#now() + TTL_MS,
    };
    this.#unwritten.set(snapshot.id, snapshot);
    this.#pending.push(snapshot);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#flushNow();
    }, FLUSH_MS);
    return (offset) => cursorOf(snapshot, offset);
  }

  /** The list that a cursor points into. 400 for a cursor that was altered or is somebody else's, 410 when it is gone. */
  async open(
    cursor: string,
    owner: SnapshotOwner,
    fingerprint: string,
  ): Promise<{ page: Buffer; offset: number; cursorAt: (offset: number) => string }> {
    const [id, offset, signature] = parse(cursor);
    const snapshot = this.#unwritten.get(id) ?? this.#stranded.get(id) ?? (await this.#read(id, owner));
    if (snapshot === null || snapshot.expiresAt < this.#now()) throw searchErrors.cursorExpired();
    const expected = sign(snapshot, offset);
    if (
      !timingSafeEqual(
        Buffer.from(signature.padEnd(expected.length).slice(0, expected.length)),
        Buffer.from(expected),
      ) ||
      snapshot.tenantId !== owner.tenantId ||
      snapshot.owner !== owner.owner ||
      snapshot.fingerprint !== fingerprint
    ) {
      throw searchErrors.cursorInvalid();
    }
    return { page: Buffer.from(snapshot.page), offset, cursorAt: (at) => cursorOf(snapshot, at) };
  }

  /** Pages of one flush lie side by side; a slab that is full is flushed before its time. */
  #allocate(bytes: number): Buffer {
    const free = this.#slab.take(bytes);
    if (free !== null) return free;
    if (this.#pending.length > 0) this.#flushNow();
    return this.#slab.take(bytes) ?? this.#slabFor(bytes);
  }

  #slabFor(bytes: number): Buffer {
    this.#slabs.giveBack(this.#slab);
    this.#slab = this.#slabs.open(bytes);
    return this.#slab.take(bytes) as Buffer;
  }

  #flushNow(): void {
    this.#flushing = Promise.all([this.#flushing, this.flush()]).then(() => undefined);
  }

  /** Random bytes are made for many at a time. */
  #secret(): string {
    if (this.#randomAt + SECRET_BYTES > this.#random.length) {
      this.#random = randomBytes(SECRET_BYTES * SECRETS_AT_ONCE);
      this.#randomAt = 0;
    }
    this.#randomAt += SECRET_BYTES;
    return this.#random.toString('base64url', this.#randomAt - SECRET_BYTES, this.#randomAt);
  }

  /** Writes what waits, and forgets what has expired. */
  async flush(): Promise<void> {
    const batch = this.#pending;
    const slab = this.#slab;
    if (batch.length === 0) return;
    this.#pending = [];
    this.#slab = this.#slabs.open(0);
    try {
      await this.#db.pool.query({ name: 'search-freeze-pages', text: INSERT, values: columnsOf(batch, slab.taken) });
      this.#slabs.giveBack(slab);
    } catch (error) {
      // The statement may not be over yet: nobody writes into its slab again.
      for (const snapshot of batch) this.#stranded.set(snapshot.id, { ...snapshot, page: Buffer.from(snapshot.page) });
      this.#logger.warn({ err: error, count: batch.length }, 'page snapshots are kept in this replica only');
    } finally {
      for (const { id } of batch) this.#unwritten.delete(id);
    }
  }

  async sweep(): Promise<void> {
    await this.#db.system((tx) => tx.client.query('DELETE FROM search.search_page_snapshots WHERE expires_at < now()'));
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#flushing;
    await this.flush();
  }

  async #read(id: string, owner: SnapshotOwner): Promise<Snapshot | null> {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
      const { rows } = await this.#db.tenant(
        owner.tenantId,
        (tx) =>
          tx.client.query<{ owner: string; fingerprint: string; secret: string; page: Buffer; expires_at: Date }>(
            'SELECT owner, fingerprint, secret, page, expires_at FROM search.search_page_snapshots WHERE tenant_id = $1 AND id = $2',
            [owner.tenantId, id],
          ),
        { readOnly: true },
      );
      const row = rows[0];
      if (row !== undefined) {
        return {
          id,
          tenantId: owner.tenantId,
          owner: row.owner,
          fingerprint: row.fingerprint,
          secret: row.secret,
          page: row.page,
          expiresAt: row.expires_at.getTime(),
        };
      }
      await delay(FLUSH_MS);
    }
    return null;
  }
}

/** All lists of a flush in one value: one statement and one trip, whatever their number, and nothing to escape. */
const INSERT = `${AS_SYSTEM} INSERT INTO search.search_page_snapshots (id, tenant_id, owner, fingerprint, secret, page, expires_at)
  SELECT id, tenant_id, owner, fingerprint, secret, substring($6::bytea FROM first FOR size), expires_at
    FROM system CROSS JOIN unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $7::int[], $8::int[], $9::timestamptz[])
      AS page (id, tenant_id, owner, fingerprint, secret, first, size, expires_at)
   WHERE system.mode = 'on'`;

function columnsOf(batch: readonly Snapshot[], pages: Buffer): unknown[] {
  return [
    batch.map(({ id }) => id),
    batch.map(({ tenantId }) => tenantId),
    batch.map(({ owner }) => owner),
    batch.map(({ fingerprint }) => fingerprint),
    batch.map(({ secret }) => secret),
    pages,
    batch.map(({ page }) => page.byteOffset - pages.byteOffset + 1),
    batch.map(({ page }) => page.length),
    batch.map(({ expiresAt }) => new Date(expiresAt)),
  ];
}

function cursorOf(snapshot: Snapshot, offset: number): string {
  return `${snapshot.id}.${offset}.${sign(snapshot, offset)}`;
}

function sign(snapshot: Snapshot, offset: number): string {
  return createHmac('sha256', snapshot.secret).update(`${snapshot.id}.${offset}.${snapshot.owner}`).digest('base64url');
}

const CURSOR =
  /^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})\.(\d{1,6})\.([A-Za-z0-9_-]{43})$/;

function parse(cursor: string): [string, number, string] {
  const match = CURSOR.exec(cursor);
  if (match === null) throw searchErrors.cursorInvalid();
  return [match[1] as string, Number(match[2]), match[3] as string];
}
