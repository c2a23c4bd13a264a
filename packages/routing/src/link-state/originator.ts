import {
  type AdvertisedLink,
  type Advertisement,
  compareVersions,
  nextVersion,
  type Version,
} from './advertisement.ts';
import { OriginationPacer, type OriginationPacing } from './origination-pacer.ts';
import { type AdvertisementSigner, type SignedAdvertisement, signAdvertisement } from './signing.ts';

export interface OriginatorConfig {
  readonly self: number;
  /** Counts the starts of this node; kept on its disk and raised before the first message. */
  readonly bootEpoch: number;
  readonly region: number;
  readonly tenant: number;
  readonly pacing: OriginationPacing;
  /** An unchanged advertisement is repeated after this long, less up to a tenth at random, ms. */
  readonly refreshMs: number;
  readonly lifetimeMs: number;
  readonly random: () => number;
}

/** Makes this node's own advertisements: numbers them, paces them, repeats them and signs them. */
export class Originator {
  readonly #config: OriginatorConfig;
  readonly #signer: AdvertisementSigner;
  readonly #pacer: OriginationPacer;
  #version: Version;
  #refreshAtMs = Number.POSITIVE_INFINITY;

  constructor(config: OriginatorConfig, signer: AdvertisementSigner) {
    this.#config = config;
    this.#signer = signer;
    this.#pacer = new OriginationPacer(config.pacing);
    this.#version = { epoch: config.bootEpoch, seq: 0 };
  }

  get version(): Version {
    return this.#version;
  }

  /** When {@link Originator.originate} wants to be called next. */
  get dueAtMs(): number {
    return Math.min(this.#pacer.dueAtMs, this.#refreshAtMs);
  }

  request(nowMs: number, isUrgent: boolean): void {
    this.#pacer.request(nowMs, isUrgent);
  }

  originate(nowMs: number, flags: number, links: readonly AdvertisedLink[]): SignedAdvertisement {
    const { self, region, tenant, lifetimeMs, refreshMs, random } = this.#config;
    if (this.#pacer.dueAtMs <= nowMs) this.#pacer.onOriginated(nowMs);
    this.#version = nextVersion(this.#version);
    this.#refreshAtMs = nowMs + refreshMs * (1 - random() / 10);
    const advertisement: Advertisement = {
      origin: self,
      version: this.#version,
      flags,
      region,
      tenant,
      lifetimeMs,
      links,
    };
    return signAdvertisement(advertisement, this.#signer);
  }

  /**
   * A neighbour holds an advertisement of ours that we did not make since we started: an earlier life of this node
   * whose epoch was lost with its disk. Continues above it, so that the mesh believes us again.
   * @returns whether the version was ahead of ours.
   */
  overtake(version: Version): boolean {
    if (compareVersions(version, this.#version) <= 0) return false;
    this.#version = version;
    return true;
  }
}
