export { eachAsciiWord, isAscii } from './ascii-words.ts';
export { type Embedder, HASHING_REVISION, hashingEmbedder } from './hashing-embedder.ts';
export { embeddingTerms } from './terms.ts';
