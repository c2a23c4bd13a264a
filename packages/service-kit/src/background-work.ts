import type { Logger } from '@peermesh/telemetry';

/** Background work that can be stopped in order. */
export interface Worker {
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Runs `work` again and again, never twice at once; an error is logged and the next turn comes all the same. */
export function repeat(
  options: { readonly everyMs: number; readonly logger: Logger; readonly name: string },
  work: () => Promise<void>,
): Worker {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();
  const turn = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      options.logger.error({ err: error, worker: options.name }, 'background work failed and will be tried again');
    }
    if (!isStopped) timer = setTimeout(start, options.everyMs);
  };
  const start = (): void => {
    current = turn();
  };
  start();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
