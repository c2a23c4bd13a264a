import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { request } from 'undici';
import { dimsOf } from '../../domain/vector/vector-store.ts';
import type { QueryEmbedder } from '../../ports.ts';

/** The shape of an embedding server's API. */
export type EmbeddingApi = 'openai' | 'tei' | 'ollama';

/** Where and how to ask for embeddings. */
export interface HttpEmbedderOptions {
  readonly api: EmbeddingApi;
  /** Base URL without path. */
  readonly url: string;
  readonly model: string;
  /** `model@revision/dims`: what the vectors are filed under. */
  readonly space: string;
  readonly apiKey: string | null;
}

const Vectors = Type.Array(Type.Array(Type.Number()));
const OpenAiAnswer = Type.Object({ data: Type.Array(Type.Object({ embedding: Type.Array(Type.Number()) })) });
const OllamaAnswer = Type.Object({ embeddings: Vectors });
const BATCH = 64;

const PATHS: Readonly<Record<EmbeddingApi, string>> = { openai: '/v1/embeddings', tei: '/embed', ollama: '/api/embed' };

/** Asks an embedding server that speaks like OpenAI, Hugging Face TEI or Ollama. */
export function httpEmbedder(options: HttpEmbedderOptions): QueryEmbedder {
  const dims = dimsOf(options.space);
  return {
    isLocal: false,
    space: options.space,
    dims,
    embed: async (texts, signal) => {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += BATCH)
        vectors.push(...(await ask(options, dims, texts.slice(at, at + BATCH), signal)));
      return vectors;
    },
  };
}

async function ask(
  options: HttpEmbedderOptions,
  dims: number,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const { statusCode, body } = await request(new URL(PATHS[options.api], options.url), {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      ...(options.apiKey === null ? {} : { authorization: `Bearer ${options.apiKey}` }),
    },
    body: JSON.stringify(
      options.api === 'tei' ? { inputs: texts, truncate: true } : { model: options.model, input: texts },
    ),
  });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`the embedding server answered ${statusCode}`);
  }
  const vectors = vectorsOf(options.api, await body.json());
  if (vectors.length !== texts.length || vectors.some((vector) => vector.length !== dims)) {
    throw new Error(`the embedding server did not answer with ${texts.length} vectors of ${dims} numbers`);
  }
  return vectors.map((vector) => Float32Array.from(vector));
}

function vectorsOf(api: EmbeddingApi, answer: unknown): Static<typeof Vectors> {
  if (api === 'openai') return Value.Parse(OpenAiAnswer, answer).data.map(({ embedding }) => embedding);
  return api === 'ollama' ? Value.Parse(OllamaAnswer, answer).embeddings : Value.Parse(Vectors, answer);
}
