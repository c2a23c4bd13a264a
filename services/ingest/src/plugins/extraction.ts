import type { Bus } from '@peermesh/messaging';
import { createInlineExtractor } from '../adapters/local/inline-extractor.ts';
import { createThreadExtractor } from '../adapters/workers/thread-extractor.ts';
import type { IngestConfig } from '../config.ts';
import { consumeExtractionRequested } from '../consumers/extraction-requested.ts';
import { consumeExtractionResults } from '../consumers/extraction-results.ts';
import type { Clock, Extractor } from '../ports.ts';

/** Registers who does the extraction: the built-in extractor, or another module whose results are followed. */
export function registerExtraction(bus: Bus, config: IngestConfig, clock: Clock): Extractor | null {
  if (config.EXTRACTION_MODE === 'external') {
    consumeExtractionResults(bus, clock);
    return null;
  }
  const extractor =
    config.EXTRACTION_THREADS === 0 ? createInlineExtractor() : createThreadExtractor(config.EXTRACTION_THREADS);
  consumeExtractionRequested(bus, extractor, clock, config.EXTRACTION_BATCH_SIZE);
  return extractor;
}
