/** Small records by key (HashiCorp Raft's StableStore), and the identity of the volume that they are on. */
export interface StableStore {
  /**
   * Drawn at random when the volume was created and never changed: a wiped disk under an old identity shows by another one.
   */
  readonly volumeId: string;
  /** @throws StorageError `corrupt` for a record that does not have its checksum */
  get(key: string): Uint8Array | null;
  /** Resolves when it is flushed. Null removes the record. Keys have up to 200 characters of ASCII. */
  set(key: string, value: Uint8Array | null): Promise<void>;
  close(): Promise<void>;
}
