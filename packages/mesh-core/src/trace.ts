import { choice, decode, encode, number, record, type ValueOf, versioned } from '@peermesh/replication/wire';
import type { TracedHop } from './mesh-ready.ts';

/** Channel of probes; below 16, where the mesh's own are. */
export const TRACE_CHANNEL = 4;

const probeField = versioned(
  1,
  choice({ probe: record({ id: number() }), reply: record({ id: number() }) }, { probe: 1, reply: 2 }),
);
type Probe = ValueOf<typeof probeField>;

interface Trace {
  readonly operationId: string;
  readonly hops: readonly number[];
  readonly rtts: Map<number, number>;
  readonly sentAtMs: number;
  readonly deadlineMs: number;
}

/** Asks each hop of a path for an answer and takes the times. */
export class Tracing {
  readonly #traces = new Map<number, Trace>();
  #id = 0;

  get wakeAtMs(): number {
    let atMs = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.#traces.values()) atMs = Math.min(atMs, deadlineMs);
    return atMs;
  }

  /** Operations that have no outcome yet. */
  get pending(): readonly string[] {
    return Array.from(this.#traces.values(), ({ operationId }) => operationId);
  }

  /** @returns what is to be sent to each hop */
  begin(operationId: string, hops: readonly number[], timeoutMs: number, nowMs: number): Uint8Array {
    const id = ++this.#id;
    this.#traces.set(id, { operationId, hops, rtts: new Map(), sentAtMs: nowMs, deadlineMs: nowMs + timeoutMs });
    return encode(probeField, { kind: 'probe', id });
  }

  /** @returns what is to be answered to a probe; null for anything else */
  heard(from: number, bytes: Uint8Array, nowMs: number): Uint8Array | null {
    const decoded = decode<Probe>(probeField, bytes);
    if ('fault' in decoded) return null;
    const { kind, id } = decoded.value;
    if (kind === 'probe') return encode(probeField, { kind: 'reply', id });
    const trace = this.#traces.get(id);
    if (trace?.hops.includes(from) && !trace.rtts.has(from)) trace.rtts.set(from, nowMs - trace.sentAtMs);
    return null;
  }

  /** Traces that every hop has answered, or whose time is over. */
  takeEnded(nowMs: number): { readonly operationId: string; readonly hops: readonly TracedHop[] }[] {
    const ended = [];
    for (const [id, { operationId, hops, rtts, deadlineMs }] of this.#traces) {
      if (rtts.size < hops.length && nowMs < deadlineMs) continue;
      this.#traces.delete(id);
      ended.push({ operationId, hops: hops.map((shortId) => ({ shortId, rttMs: rtts.get(shortId) ?? null })) });
    }
    return ended;
  }
}
