import { LRUCache } from 'lru-cache';
import { unitVector } from '../domain/vector/vector-store.ts';
import type { QueryEmbedder, SearchBackend, SpaceVector } from '../ports.ts';
import type { RunningBackend } from '../projection/generation-registry.ts';

/** A query vector, or why there is none. */
export type Embedded =
  | { readonly vector: SpaceVector | null }
  | { readonly reason: 'embed_timeout' | 'embed_unavailable' };

/** Turns queries into vectors of the space of the backend that is asked. */
export class Embedders {
  readonly #of: (backend: SearchBackend) => QueryEmbedder | null;
  readonly #kept = new LRUCache<string, SpaceVector>({ max: 1_000, ttl: 600_000 });

  /** @param of the embedder of a vector backend's space */
  constructor(of: (backend: SearchBackend) => QueryEmbedder | null) {
    this.#of = of;
  }

  async embed(running: RunningBackend, text: string, timeoutMs: number, signal: AbortSignal): Promise<Embedded> {
    if (text === '') return { vector: null };
    const embedder = this.#of(running.backend);
    if (embedder === null) return { reason: 'embed_unavailable' };
    const key = `${embedder.space}\n${text}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return { vector: kept };
    const controller = new AbortController();
    const stop = (): void => controller.abort(signal.reason);
    let isLate = false;
    const timer = setTimeout(
      () => {
        isLate = true;
        controller.abort(new Error('the time for embedding is over'));
      },
      Math.max(1, Math.floor(timeoutMs)),
    );
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      const [made] = await embedder.embed([text], controller.signal);
      const unit = unitVector(made ?? [], embedder.dims);
      if (unit === null) return { vector: null };
      const vector = { space: embedder.space, vector: unit };
      if (!embedder.isLocal) this.#kept.set(key, vector);
      return { vector };
    } catch {
      return { reason: isLate ? 'embed_timeout' : 'embed_unavailable' };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }
}
