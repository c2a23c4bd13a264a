import { extract } from '../../domain/extraction/extract.ts';
import type { Extractor } from '../../ports.ts';

/** Extracts in this thread: cheapest when there is only one core to spare. */
export function createInlineExtractor(): Extractor {
  return {
    extractAll: async (inputs) => inputs.map((input) => extract(input)),
    close: async () => undefined,
  };
}
