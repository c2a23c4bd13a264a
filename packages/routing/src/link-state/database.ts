import { compareVersions, hasFlag, NodeFlag, type Version } from './advertisement.ts';
import { type DecodeFault, SIGNATURE_BYTES } from './advertisement-codec.ts';
import { DatabaseDigest } from './digest.ts';
import type { VersionedOrigin } from './messages.ts';
import { type AdvertisementSigner, isSignatureValid, parseSigned, type SignedAdvertisement } from './signing.ts';

/** Who belongs to the mesh, as the control group last committed it. */
export interface RoutingMembers {
  isMember(id: number): boolean;
}

/**
 * Why an advertisement was not installed; a closed set, each a counter. `not-a-member`: refused before any
 * cryptography. `forged`: the signature does not hold. `conflict`: the same version with other content. `older`: a newer
 * one is installed. `expired`: a version that was already believed for its lifetime comes back (replay or a slow copy).
 */
export type Refusal = DecodeFault | 'not-a-member' | 'forged' | 'conflict' | 'older' | 'expired';

export type Offer =
  | { readonly outcome: 'installed'; readonly entry: DatabaseEntry; readonly hasChanged: boolean }
  | { readonly outcome: 'duplicate'; readonly entry: DatabaseEntry }
  | {
      readonly outcome: 'refused';
      readonly reason: Refusal;
      readonly newer?: DatabaseEntry;
      readonly spent?: VersionedOrigin;
    };

export interface DatabaseEntry extends SignedAdvertisement {
  readonly expiresAtMs: number;
  /** The first version that said the same as this one, and when it came: refreshes change neither. */
  readonly contentSince: Version;
  readonly changedAtMs: number;
}

interface Forgotten {
  readonly version: Version;
  readonly untilMs: number;
}

export interface DatabaseConfig {
  /** No advertisement is believed for longer, whatever lifetime it claims, ms. */
  readonly lifetimeMaxMs: number;
}

/** Offset of the first byte after origin and version: from here on a refresh equals what it refreshes. */
const CONTENT_OFFSET = 16;

/**
 * The newest advertisement of each member. Age counts from the arrival here, never from a field that a relay could have
 * changed; a version that has had its lifetime is remembered for as long again, so it cannot come back.
 */
export class LinkStateDatabase {
  readonly digest = new DatabaseDigest();
  readonly #config: DatabaseConfig;
  readonly #members: RoutingMembers;
  readonly #signer: AdvertisementSigner;
  readonly #entries = new Map<number, DatabaseEntry>();
  readonly #forgotten = new Map<number, Forgotten>();
  #nextExpiryMs = Number.POSITIVE_INFINITY;

  constructor(config: DatabaseConfig, members: RoutingMembers, signer: AdvertisementSigner) {
    this.#config = config;
    this.#members = members;
    this.#signer = signer;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** When {@link LinkStateDatabase.expire} has something to do next. */
  get nextExpiryMs(): number {
    return this.#nextExpiryMs;
  }

  get(origin: number): DatabaseEntry | undefined {
    return this.#entries.get(origin);
  }

  /** Whether exactly these bytes are installed. */
  holds(origin: number, bytes: Uint8Array): boolean {
    const entry = this.#entries.get(origin);
    return entry !== undefined && isEqual(entry.bytes, bytes);
  }

  entries(): IterableIterator<DatabaseEntry> {
    return this.#entries.values();
  }

  isWanted(origin: number, version: Version): boolean {
    if (!this.#members.isMember(origin)) return false;
    const known = this.#entries.get(origin)?.advertisement.version ?? this.#forgotten.get(origin)?.version;
    return known === undefined || compareVersions(version, known) > 0;
  }

  /** Judges bytes from a neighbour: cheap checks first, the signature (105 µs) only for what would be installed. */
  offer(nowMs: number, bytes: Uint8Array): Offer {
    const parsed = parseSigned(bytes);
    if (typeof parsed === 'string') return { outcome: 'refused', reason: parsed };
    const { origin, version } = parsed.advertisement;
    if (!this.#members.isMember(origin)) return { outcome: 'refused', reason: 'not-a-member' };
    const known = this.#entries.get(origin);
    if (known) {
      const order = compareVersions(version, known.advertisement.version);
      if (order < 0) return { outcome: 'refused', reason: 'older', newer: known };
      if (order === 0) {
        return isEqual(bytes, known.bytes)
          ? { outcome: 'duplicate', entry: known }
          : { outcome: 'refused', reason: 'conflict' };
      }
    }
    const forgotten = this.#forgotten.get(origin);
    if (forgotten && compareVersions(version, forgotten.version) <= 0) {
      return { outcome: 'refused', reason: 'expired', spent: { origin, version: forgotten.version } };
    }
    if (!isSignatureValid(parsed, this.#signer)) return { outcome: 'refused', reason: 'forged' };
    return this.install(nowMs, parsed);
  }

  /** Installs what is known to be genuine, such as the node's own advertisement. */
  install(nowMs: number, signed: SignedAdvertisement): Offer & { outcome: 'installed' } {
    const { origin, version, lifetimeMs } = signed.advertisement;
    const known = this.#entries.get(origin);
    const expiresAtMs = nowMs + Math.min(lifetimeMs, this.#config.lifetimeMaxMs);
    const hasChanged = !known || !isRefresh(known, signed);
    const { contentSince, changedAtMs } = hasChanged ? { contentSince: version, changedAtMs: nowMs } : known;
    const { advertisement } = signed;
    const entry = { advertisement, bytes: signed.bytes.slice(), expiresAtMs, contentSince, changedAtMs };
    if (known) this.digest.toggle(origin, known.advertisement.version);
    this.digest.toggle(origin, version);
    this.#entries.set(origin, entry);
    this.#forgotten.delete(origin);
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs);
    return { outcome: 'installed', entry, hasChanged };
  }

  /** Drops what has had its lifetime. @returns the origins that are gone. */
  expire(nowMs: number): number[] {
    if (nowMs < this.#nextExpiryMs) return [];
    const gone: number[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [origin, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs <= nowMs) gone.push(origin);
      else nextMs = Math.min(nextMs, expiresAtMs);
    }
    for (const origin of gone) {
      this.#forgotten.set(origin, {
        version: this.#remove(origin),
        untilMs: nowMs + this.#config.lifetimeMaxMs,
      });
    }
    for (const [origin, { untilMs }] of this.#forgotten) {
      if (untilMs <= nowMs) this.#forgotten.delete(origin);
      else nextMs = Math.min(nextMs, untilMs);
    }
    this.#nextExpiryMs = nextMs;
    return gone;
  }

  /** Drops everything of nodes that are no longer members. @returns the origins that are gone. */
  removeStrangers(): number[] {
    const gone = [...this.#entries.keys()].filter((origin) => !this.#members.isMember(origin));
    for (const origin of gone) this.#remove(origin);
    return gone;
  }

  #remove(origin: number): Version {
    const { version } = this.#entries.get(origin)!.advertisement;
    this.digest.toggle(origin, version);
    this.#entries.delete(origin);
    return version;
  }
}

/** Whether the entry describes a node that is there. */
export function isPresent({ advertisement }: SignedAdvertisement): boolean {
  return !hasFlag(advertisement.flags, NodeFlag.WITHDRAWN);
}

function isRefresh(before: SignedAdvertisement, after: SignedAdvertisement): boolean {
  if (before.advertisement.flags !== after.advertisement.flags) return false;
  const end = after.bytes.length - SIGNATURE_BYTES;
  if (before.bytes.length !== after.bytes.length) return false;
  for (let at = CONTENT_OFFSET; at < end; at += 1) if (before.bytes[at] !== after.bytes[at]) return false;
  return true;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
