import { Extracted } from '@peermesh/contracts/events';
import type { Bus } from '@peermesh/messaging';
import { storeExtractions } from '../adapters/pg/extraction-writer.ts';

/** Stores extracted documents, in batches. */
export function consumeExtracted(bus: Bus, now: () => number): void {
  bus.consumeBatch(
    Extracted,
    { durable: 'search-extracted', batchSize: 500, concurrency: 1, ackWaitMs: 60_000 },
    async (events, tx) => {
      const batch = events.map((event) => ({
        tenantId: event.tenantid,
        document: event.data.document,
        extraction: event.data.extraction,
      }));
      await storeExtractions(tx, bus, batch, new Date(now()).toISOString());
    },
  );
}
