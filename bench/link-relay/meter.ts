import { createHistogram } from 'node:perf_hooks';
import type { Report } from './protocol.ts';

/** What arrives at a process, and what that costs it. Times are of the machine's monotonic clock, the same in all processes. */
export class Meter {
  #histogram = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  #cpu = process.cpuUsage();
  #startedAt = performance.now();
  #messages = 0;
  #bytes = 0;

  start(): void {
    this.#histogram = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
    this.#cpu = process.cpuUsage();
    this.#startedAt = performance.now();
    this.#messages = 0;
    this.#bytes = 0;
  }

  count(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  /** A message stamped with `stamp` has arrived. */
  age(bytes: Uint8Array): void {
    const sentAt = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    this.#histogram.record(Math.max(1, Math.round((Number(process.hrtime.bigint()) - sentAt) / 1_000)));
  }

  report(): Report {
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      seconds: (performance.now() - this.#startedAt) / 1_000,
      cpuSeconds: (user + system) / 1e6,
      messages: this.#messages,
      bytes: this.#bytes,
      p50Ms: this.#histogram.percentile(50) / 1_000,
      p99Ms: this.#histogram.percentile(99) / 1_000,
    };
  }
}

/** Writes the time into the head of a message. */
export function stamp(bytes: Uint8Array): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, process.hrtime.bigint(), true);
}
