import { pause, type Subject } from './mesh.ts';

/** Reset: both ends are told. Silent: nobody is. The one-way kinds are named by the end whose words are lost. */
export const CUT_KINDS = ['reset', 'silent', 'end is not heard', 'relay is not heard'] as const;

/** What one cut of a link under traffic did. */
export interface CutSample {
  readonly kind: (typeof CUT_KINDS)[number];
  /** From the cut to the last moment at which traffic had stood still, ms. */
  readonly flowsAfterMs: number;
}

const LOOK_MS = 200;
/** Messages come every 10 ms: a time without one that is longer than this is a stop. */
const STOP_MS = 60;
const WATCH_MS = 800;
const WATCH_MAX_MS = 10_000;

/**
 * Cuts the link that the traffic takes, at its source and its target in turn, in each of the four ways; heals it, and goes on
 * when everybody knows every link again, until there are enough samples or the time is over.
 */
export async function measureCuts(subject: Subject, count: number, secondsMax: number): Promise<CutSample[]> {
  const samples: CutSample[] = [];
  const { links } = subject.mesh;
  for (const begin = performance.now(); samples.length < count && performance.now() - begin < secondsMax * 1_000; ) {
    await subject.mesh.settled();
    const kind = CUT_KINDS[samples.length % CUT_KINDS.length]!;
    const end = Math.floor(samples.length / CUT_KINDS.length) % 2 === 0 ? subject.source : subject.target;
    const relay = await subject.mesh.busiestPeer(end, subject.relays, LOOK_MS);
    const cutAtMs = performance.now();
    if (kind === 'reset') links.cut(end.name, relay.name);
    if (kind === 'silent' || kind === 'end is not heard') links.silence(end.name, relay.name);
    if (kind === 'silent' || kind === 'relay is not heard') links.silence(relay.name, end.name);
    const { flowsAfterMs, stops } = await recovery(subject, cutAtMs);
    links.heal(end.name, relay.name);
    samples.push({ kind, flowsAfterMs });
    const stood = stops.map(([fromMs, toMs]) => `${Math.round(fromMs - cutAtMs)} to ${Math.round(toMs - cutAtMs)}`);
    const when = stood.length === 0 ? '' : ` (stood still from ${stood.join(' and from ')})`;
    process.stdout.write(`${end.name} - ${relay.name}, ${kind}: flows after ${Math.round(flowsAfterMs)} ms${when}\n`);
  }
  return samples;
}

interface Recovery {
  readonly flowsAfterMs: number;
  /** When nothing arrived: begin and end, ms. */
  readonly stops: readonly (readonly [fromMs: number, toMs: number])[];
}

async function recovery({ stream }: Subject, cutAtMs: number): Promise<Recovery> {
  for (;;) {
    await pause(WATCH_MS);
    const nowMs = performance.now();
    const stops = stream.silencesSince(cutAtMs, STOP_MS);
    const lastEndMs = stops.at(-1)?.[1] ?? 0;
    // The time that has not ended ends now, as it is counted.
    const isFlowing = stream.since(nowMs - STOP_MS).messages > 0;
    const endMs = stops.length === 0 ? (stream.firstSentAfter(cutAtMs) ?? nowMs) : lastEndMs;
    if (isFlowing) return { flowsAfterMs: endMs - cutAtMs, stops };
    if (nowMs - cutAtMs > WATCH_MAX_MS) return { flowsAfterMs: nowMs - cutAtMs, stops };
  }
}
