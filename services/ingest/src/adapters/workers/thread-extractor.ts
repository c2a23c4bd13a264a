import type { Extraction } from '@peermesh/contracts/events';
import { Piscina } from 'piscina';
import type { ExtractionInput } from '../../domain/extraction/extract.ts';
import type { Extractor } from '../../ports.ts';

/** Extracts in worker threads, so that HTTP stays responsive. A batch is split over the threads. */
export function createThreadExtractor(threads: number): Extractor {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const pool = new Piscina<ExtractionInput[], Extraction[]>({
    filename: new URL(`./extract-task.${extension}`, import.meta.url).href,
    name: 'extractPart',
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
  });
  return {
    extractAll: async (inputs) => {
      const size = Math.ceil(inputs.length / threads);
      const parts = Array.from({ length: Math.ceil(inputs.length / size) }, (_, index) =>
        inputs.slice(index * size, (index + 1) * size),
      );
      return (await Promise.all(parts.map((part) => pool.run(part)))).flat();
    },
    close: () => pool.destroy(),
  };
}
