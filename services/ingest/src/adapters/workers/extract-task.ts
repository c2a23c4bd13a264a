import type { Extraction } from '@peermesh/contracts/events';
import { type ExtractionInput, extract } from '../../domain/extraction/extract.ts';

/** What a worker thread does with its part of a batch. */
export function extractPart(inputs: readonly ExtractionInput[]): Extraction[] {
  return inputs.map((input) => extract(input));
}
