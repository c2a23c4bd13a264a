import { baseConfig, databaseConfig, loadConfig, natsConfig, tokenConfig } from '@peermesh/service-kit';
import { type Static, Type } from 'typebox';

/** Settings of the search service. */
export const searchConfig = Type.Object({
  ...baseConfig,
  ...databaseConfig,
  ...natsConfig,
  ...tokenConfig,
  KEYWORD_MIRROR_MIB_MAX: Type.Integer({
    minimum: 0,
    default: 1024,
    description: 'Memory for postings; beyond it, or at 0, queries read the posting tables.',
  }),
  GRAPH_MIRROR_MIB_MAX: Type.Integer({
    minimum: 0,
    default: 512,
    description: 'Memory for nodes and edges; beyond it, or at 0, walks read the graph tables.',
  }),
  PROJECTION_BATCH_SIZE: Type.Integer({
    minimum: 1,
    maximum: 5000,
    default: 500,
    description: 'Records that a projector applies at once.',
  }),
  CHANGES_KEEP_HOURS: Type.Integer({
    minimum: 1,
    default: 168,
    description: 'How long announced lines of the change log are kept.',
  }),
  ANSWER_CACHE_MAX: Type.Integer({
    minimum: 0,
    default: 500,
    description: 'Answers to repeated questions kept for 30 s while nothing changes; 0 keeps none.',
  }),
  EMBEDDER: Type.Union([Type.Literal('auto'), Type.Literal('hashing'), Type.Literal('http')], {
    default: 'auto',
    description: '`auto` starts with hashing and trains a latent semantic space once there are documents enough.',
  }),
  EMBEDDER_TRAIN_DOCUMENTS_MIN: Type.Integer({
    minimum: 256,
    default: 500,
    description: 'Documents before `auto` trains; again after eightfold growth.',
  }),
  EMBEDDER_TRAIN_SAMPLE_MAX: Type.Integer({
    minimum: 256,
    default: 20_000,
    description: 'Documents that a training looks at.',
  }),
  EMBEDDER_API: Type.Union([Type.Literal('openai'), Type.Literal('tei'), Type.Literal('ollama')], {
    default: 'openai',
    description: 'Shape of the embedding server, for `http`.',
  }),
  EMBEDDER_URL: Type.String({ default: '', description: 'Base URL of the embedding server, for `http`.' }),
  EMBEDDER_MODEL: Type.String({ default: '', description: 'Model to ask for, for `http`.' }),
  EMBEDDER_SPACE: Type.String({
    default: '',
    description: '`model@revision/dims` that its vectors are filed under, for `http`.',
  }),
  EMBEDDER_API_KEY: Type.String({ default: '', description: 'Bearer token of the embedding server.' }),
  FAULT_INJECTION_ENABLED: Type.Boolean({
    default: false,
    description: 'Lets administrators make legs fail on purpose.',
  }),
});
/** Settings of the search service. */
export type SearchConfig = Readonly<Static<typeof searchConfig>>;

/** Reads the settings; throws a ConfigError that lists every bad key. */
export function loadSearchConfig(env: Readonly<Record<string, string | undefined>>): SearchConfig {
  return loadConfig(searchConfig, env, (config) => {
    if (config.EMBEDDER !== 'http') return [];
    const problems: string[] = [];
    if (!URL.canParse(config.EMBEDDER_URL)) problems.push('EMBEDDER_URL must be a URL when EMBEDDER is http');
    if (config.EMBEDDER_API !== 'tei' && config.EMBEDDER_MODEL === '') problems.push('EMBEDDER_MODEL is missing');
    if (!/^[^/\s]+@[^/\s]+\/\d+$/.test(config.EMBEDDER_SPACE))
      problems.push('EMBEDDER_SPACE must look like model@revision/dims');
    return problems;
  });
}
