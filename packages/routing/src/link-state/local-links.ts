import { type CostWeights, linkCost } from '../cost.ts';
import type { AdvertisedLink, LinkMetrics } from './advertisement.ts';
import { LINKS_MAX } from './advertisement-codec.ts';
import { FlapDamping, type FlapDampingConfig } from './flap-damping.ts';

/** A link of this node as its detector reports it. */
export interface LocalLink {
  readonly peer: number;
  /** Unique among the links of this node. */
  readonly linkId: number;
  readonly metrics: LinkMetrics;
  readonly riskGroups: readonly number[];
}

/** When a change of a measured figure is news. */
export interface HysteresisConfig {
  /** A change below this part of the advertised cost is noise, 0 to 1. */
  readonly changeMin: number;
  /** A change below this many cost units (1 µs) is noise. */
  readonly changeMinCost: number;
  /** The change must last this long, ms. */
  readonly holdMs: number;
  /** A link that is held back for flapping is used after this long anyway when its peer has no other way in, ms. */
  readonly lastResortHoldMs: number;
}

export const DEFAULT_HYSTERESIS: HysteresisConfig = {
  changeMin: 0.25,
  changeMinCost: 2_000,
  holdMs: 5_000,
  lastResortHoldMs: 1_000,
};

export interface LocalLinksConfig {
  readonly cost: CostWeights;
  readonly damping: FlapDampingConfig;
  readonly hysteresis: HysteresisConfig;
}

interface LinkState {
  link: LocalLink;
  isUp: boolean;
  upSinceMs: number;
  changedSinceMs: number | undefined;
  advertised: AdvertisedLink | undefined;
  readonly damping: FlapDamping;
}

/** The links of this node: bad news passes at once, good news and drifting figures wait until they have proved lasting. */
export class LocalLinks {
  readonly #config: LocalLinksConfig;
  readonly #links = new Map<number, LinkState>();
  #dueAtMs = Number.POSITIVE_INFINITY;

  constructor(config: LocalLinksConfig) {
    this.#config = config;
  }

  /** When {@link LocalLinks.refresh} may find news. */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  up(nowMs: number, link: LocalLink): void {
    this.#dueAtMs = nowMs;
    const riskGroups = [...new Set(link.riskGroups)].sort((a, b) => a - b);
    const known = this.#links.get(link.linkId);
    const damping = known?.damping ?? new FlapDamping(this.#config.damping);
    const state: LinkState = known ?? {
      link,
      isUp: false,
      upSinceMs: nowMs,
      changedSinceMs: undefined,
      advertised: undefined,
      damping,
    };
    state.link = { ...link, riskGroups };
    if (!state.isUp) state.upSinceMs = nowMs;
    state.isUp = true;
    this.#links.set(link.linkId, state);
  }

  measured(nowMs: number, linkId: number, metrics: LinkMetrics): void {
    const state = this.#links.get(linkId);
    if (!state) return;
    state.link = { ...state.link, metrics };
    if (state.changedSinceMs === undefined) this.#dueAtMs = Math.min(this.#dueAtMs, nowMs);
  }

  /** Whether the loss is news: false for a link that was not advertised. */
  down(nowMs: number, linkId: number): boolean {
    const state = this.#links.get(linkId);
    if (!state?.isUp) return false;
    state.isUp = false;
    state.changedSinceMs = undefined;
    state.damping.onLoss(nowMs);
    const wasAdvertised = state.advertised !== undefined;
    state.advertised = undefined;
    return wasAdvertised;
  }

  peerOf(linkId: number): number | undefined {
    return this.#links.get(linkId)?.link.peer;
  }

  hasPeer(peer: number): boolean {
    for (const { link, isUp } of this.#links.values()) if (isUp && link.peer === peer) return true;
    return false;
  }

  /** Moves held changes forward; true when there is news to advertise. `hasOtherWay` tells whether a peer is in reach without its direct link. */
  refresh(nowMs: number, hasOtherWay: (peer: number) => boolean): boolean {
    let hasNews = false;
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    for (const state of this.#links.values()) {
      if (this.#advance(state, nowMs, hasOtherWay)) hasNews = true;
      this.#dueAtMs = Math.min(this.#dueAtMs, this.#dueAtMsOf(state, nowMs));
    }
    return hasNews;
  }

  #dueAtMsOf({ isUp, advertised, upSinceMs, changedSinceMs, damping }: LinkState, nowMs: number): number {
    if (!isUp) return Number.POSITIVE_INFINITY;
    const { holdMs, lastResortHoldMs } = this.#config.hysteresis;
    if (!advertised) {
      const lastResortAtMs = upSinceMs + lastResortHoldMs;
      return Math.min(damping.reuseAtMs(nowMs), lastResortAtMs > nowMs ? lastResortAtMs : nowMs + lastResortHoldMs);
    }
    return changedSinceMs === undefined ? Number.POSITIVE_INFINITY : changedSinceMs + holdMs;
  }

  /** What to put into the advertisement: ordered; the cheapest when there are more than fit. */
  advertised(): AdvertisedLink[] {
    const links: AdvertisedLink[] = [];
    for (const { advertised } of this.#links.values()) if (advertised) links.push(advertised);
    if (links.length > LINKS_MAX) {
      links.sort((a, b) => this.#cost(a) - this.#cost(b));
      links.length = LINKS_MAX;
    }
    return links.sort((a, b) => a.peer - b.peer || a.linkId - b.linkId);
  }

  #advance(state: LinkState, nowMs: number, hasOtherWay: (peer: number) => boolean): boolean {
    if (!state.isUp) return false;
    const current = advertisedForm(state, nowMs);
    if (!state.advertised) {
      const hasWaited = nowMs >= state.upSinceMs + this.#config.hysteresis.lastResortHoldMs;
      const isLastResort = hasWaited && !hasOtherWay(state.link.peer);
      if (state.damping.isSuppressed(nowMs) && !isLastResort) return false;
      state.advertised = current;
      return true;
    }
    if (!this.#isNews(state.advertised, current)) {
      state.changedSinceMs = undefined;
      return false;
    }
    state.changedSinceMs ??= nowMs;
    if (nowMs < state.changedSinceMs + this.#config.hysteresis.holdMs) return false;
    state.advertised = current;
    state.changedSinceMs = undefined;
    return true;
  }

  #isNews(advertised: AdvertisedLink, current: AdvertisedLink): boolean {
    const { changeMin, changeMinCost } = this.#config.hysteresis;
    const before = this.#cost(advertised);
    const change = Math.abs(this.#cost(current) - before);
    return change > changeMinCost && change > before * changeMin;
  }

  #cost(link: AdvertisedLink): number {
    return linkCost(link, link.penalty, this.#config.cost);
  }
}

function advertisedForm({ link, damping }: LinkState, nowMs: number): AdvertisedLink {
  const { latencyUs, jitterUs, lossPpm, spareKbps, weight } = link.metrics;
  return {
    peer: link.peer,
    linkId: link.linkId,
    latencyUs: clampU32(latencyUs),
    jitterUs: clampU32(jitterUs),
    lossPpm: Math.min(clampU32(lossPpm), 1_000_000),
    spareKbps: clampU32(spareKbps),
    weight: Math.min(clampU32(weight), 0xffff),
    penalty: damping.costPenalty(nowMs),
    riskGroups: link.riskGroups,
  };
}

function clampU32(value: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(Math.round(value), 0), 0xffff_ffff) : 0xffff_ffff;
}
