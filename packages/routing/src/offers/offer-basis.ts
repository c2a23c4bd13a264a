import { compareVersions, type Version } from '../link-state/advertisement.ts';
import { type DatabaseEntry, isPresent } from '../link-state/database.ts';

/** The versions that an offer was computed from, beside what is known here. */
export class OfferBasis {
  readonly #versions: ReadonlyMap<number, Version>;

  constructor(basis: readonly (readonly [number, Version])[]) {
    this.#versions = new Map(basis);
  }

  /** Whether what an origin says now was not known to whoever computed. A refresh of the same words is nothing new. */
  lacks({ advertisement, contentSince }: DatabaseEntry): boolean {
    const version = this.#versions.get(advertisement.origin);
    return version === undefined ? true : compareVersions(version, contentSince) < 0;
  }

  /** When it will be, or was, behind for too long; infinity while nothing is missing. */
  deadlineMs(entries: Iterable<DatabaseEntry>, lagMaxMs: number): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const entry of entries) {
      if (!isPresent(entry) && !this.#versions.has(entry.advertisement.origin)) continue;
      if (this.lacks(entry)) atMs = Math.min(atMs, entry.changedAtMs + lagMaxMs);
    }
    return atMs;
  }

  /** Whether it knows an earlier version of any origin than another one does. */
  isOlderThan(other: OfferBasis): boolean {
    for (const [origin, version] of this.#versions) {
      const known = other.#versions.get(origin);
      if (known !== undefined && compareVersions(version, known) < 0) return true;
    }
    return false;
  }
}
