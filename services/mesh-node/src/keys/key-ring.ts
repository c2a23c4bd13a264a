/** A root key of the mesh. */
interface RootKey {
  readonly epoch: number;
  /** 32 random bytes; never leaves the process unsealed. */
  readonly secret: Uint8Array;
}

/** The present epoch and the one before it, for what is still under way. */
const EPOCHS_MAX = 2;

/** The root keys that this node holds, in memory alone: after a start they are opened again from the control group's state. */
export class KeyRing {
  #mesh = '';
  #keys: RootKey[] = [];

  /** The newest epoch; null for none. */
  get newest(): RootKey | null {
    return this.#keys[0] ?? null;
  }

  /** The key of an epoch that is still good, if this node has it. */
  of(epoch: number): RootKey | null {
    return this.#keys.find((key) => key.epoch === epoch) ?? null;
  }

  /** @param mesh incarnation of the mesh; keys of another one are forgotten */
  add(mesh: string, key: RootKey): void {
    if (mesh !== this.#mesh) this.clear();
    this.#mesh = mesh;
    const others = this.#keys.filter(({ epoch }) => epoch !== key.epoch);
    this.#keys = [key, ...others].sort((one, other) => other.epoch - one.epoch).slice(0, EPOCHS_MAX);
  }

  /** Holds keys of this mesh. */
  isOf(mesh: string): boolean {
    return mesh === this.#mesh;
  }

  clear(): void {
    this.#mesh = '';
    this.#keys = [];
  }
}
