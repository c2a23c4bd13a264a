import type { Embedder } from '@peermesh/embedding';
import type { QueryEmbedder } from '../../ports.ts';

/** An embedder that computes in this process, as the port wants it. */
export function localEmbedder(embedder: Embedder): QueryEmbedder {
  return {
    isLocal: true,
    space: embedder.space,
    dims: embedder.dims,
    embed: async (texts) => texts.map((text) => embedder.embed(text)),
  };
}
