/** The time. */
export type Clock = () => Date;

/** Hashes and checks passwords. Rejects with `PM_AUTH_BUSY` when too many wait. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Takes the same time when `hash` is null: nobody learns whether the user exists. */
  verify(hash: string | null, password: string): Promise<boolean>;
  /** Whether a hash was made with weaker settings than those of today. */
  isOutdated(hash: string): boolean;
}

/** Where a request came from. */
export interface Origin {
  readonly ip: string;
  readonly userAgent: string | null;
  readonly requestId: string;
}
