import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const INTERVAL_MS = 1_000;

/** How late this process is: the p99 of the last second, ms. */
export interface EventLoopDelay {
  readonly p99Ms: number;
  stop(): void;
}

/** Measures; `onMeasured` is called every second. */
export function watchEventLoopDelay(onMeasured: (p99Ms: number) => void): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let p99Ms = 0;
  const timer = setInterval(() => {
    // The histogram counts whole intervals: what is over one is the delay.
    p99Ms = histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS);
    histogram.reset();
    onMeasured(p99Ms);
  }, INTERVAL_MS).unref();
  return {
    get p99Ms() {
      return p99Ms;
    },
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
