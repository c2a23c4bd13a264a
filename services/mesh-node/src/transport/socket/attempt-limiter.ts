/** A token bucket: `perSecond` attempts, as many at once. */
interface Bucket {
  tokens: number;
  atMs: number;
}

const ADDRESSES_MAX = 10_000;

/** How often others may try to connect, in all and from one address. The oldest addresses are forgotten beyond 10,000. */
export class AttemptLimiter {
  readonly #all: Bucket;
  readonly #byAddress = new Map<string, Bucket>();
  readonly #perSecond: number;
  readonly #perSecondPerAddress: number;

  constructor(perSecond: number, perSecondPerAddress: number) {
    this.#perSecond = perSecond;
    this.#perSecondPerAddress = perSecondPerAddress;
    this.#all = { tokens: perSecond, atMs: 0 };
  }

  /** True when an attempt from this address at this time may go on. One address cannot use up what is for all. */
  allows(address: string, nowMs: number): boolean {
    return (
      take(this.#bucketOf(address, nowMs), this.#perSecondPerAddress, nowMs) && take(this.#all, this.#perSecond, nowMs)
    );
  }

  #bucketOf(address: string, nowMs: number): Bucket {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    if (this.#byAddress.size >= ADDRESSES_MAX) this.#byAddress.delete(this.#byAddress.keys().next().value!);
    const bucket = { tokens: this.#perSecondPerAddress, atMs: nowMs };
    this.#byAddress.set(address, bucket);
    return bucket;
  }
}

function take(bucket: Bucket, perSecond: number, nowMs: number): boolean {
  bucket.tokens = Math.min(perSecond, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1_000);
  bucket.atMs = nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
