import { Socket } from 'node:net';
import type { Settings } from './settings.ts';

const FORCE_AFTER_MS = 1_500;

/** When the launcher should end, and why. */
export interface Lifetime {
  /** Aborted by Ctrl-C, SIGTERM, SIGHUP, or when the parent process is gone. */
  readonly signal: AbortSignal;
  /** Resolves when that happens. */
  readonly ended: Promise<void>;
}

/** Watches signals and the parent. A second Ctrl-C, when the first is not obeyed at once, ends the process the hard way. */
export function watchLifetime(settings: Settings): Lifetime {
  const controller = new AbortController();
  const ended = new Promise<void>((resolve) => controller.signal.addEventListener('abort', () => resolve()));
  let firstAt = 0;
  const onSignal = (): void => {
    if (firstAt === 0) firstAt = performance.now();
    else if (performance.now() - firstAt > FORCE_AFTER_MS) process.exit(130);
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  if (settings.lifelineFd !== null && !settings.isDetached) {
    const lifeline = new Socket({ fd: settings.lifelineFd, readable: true, writable: false });
    lifeline.on('error', () => controller.abort());
    lifeline.on('close', () => controller.abort());
    lifeline.resume();
    lifeline.unref();
  }
  return { signal: controller.signal, ended };
}
