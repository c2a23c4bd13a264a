import { TrafficClass } from '../wire/format.ts';
import type { Lane } from './lane.ts';

const PREFERENCE: readonly (readonly number[])[] = [
  [TrafficClass.control, TrafficClass.priority, TrafficClass.bulk],
  [TrafficClass.priority, TrafficClass.bulk, TrafficClass.control],
  [TrafficClass.bulk, TrafficClass.priority, TrafficClass.control],
];

/**
 * The lane that carries the sequence space `space` of class `trafficClass`: among the fittest lanes its own, else the
 * nearest in class, then the fastest. Null when none will do; a suspect lane carries control alone.
 */
export function chooseCarrier(lanes: readonly Lane[], space: number, trafficClass: number, except = -1): Lane | null {
  let best: Lane | null = null;
  for (const lane of lanes) {
    if (lane.index === except || lane.fitness === 0) continue;
    if (lane.fitness === 1 && trafficClass !== TrafficClass.control) continue;
    if (best === null || isBetter(lane, best, space, trafficClass)) best = lane;
  }
  return best;
}

function isBetter(lane: Lane, other: Lane, space: number, trafficClass: number): boolean {
  if (lane.fitness !== other.fitness) return lane.fitness > other.fitness;
  if (other.index === space) return false;
  if (lane.index === space) return true;
  const preference = PREFERENCE[trafficClass]!;
  const nearer = preference.indexOf(lane.trafficClass) - preference.indexOf(other.trafficClass);
  return nearer === 0 ? lane.echo.rtt.smoothedMs < other.echo.rtt.smoothedMs : nearer < 0;
}

/** Bytes of batches, header included, that may go on the lane now; a share of each window is for control alone. */
export function roomOn(lane: Lane, trafficClass: number, controlReserve: number): number {
  const share = trafficClass === TrafficClass.control ? 1 : 1 - controlReserve;
  return Math.floor(lane.windowBytes * share) - lane.inFlightBytes;
}

/**
 * The lane for the next batch of a striped flow with `queuedBytes` waiting, of which the first `needBytes` must fit, or null to wait for the fastest: earliest
 * completion first (Lim et al., ECF, CoNEXT 2017). A slower lane is used only if the fastest, though its window is full
 * now, would not be done sooner; a batch on a slow lane would hold up everything behind it at the receiver.
 */
export function chooseStripe(
  lanes: readonly Lane[],
  queuedBytes: number,
  needBytes: number,
  controlReserve: number,
): Lane | null {
  let fastest: Lane | null = null;
  let open: Lane | null = null;
  for (const lane of lanes) {
    if (fastest === null || rttOf(lane) < rttOf(fastest)) fastest = lane;
    const hasRoom = roomOn(lane, TrafficClass.bulk, controlReserve) >= needBytes;
    if (hasRoom && (open === null || rttOf(lane) < rttOf(open))) open = lane;
  }
  if (fastest === null || open === null || open === fastest) return open;
  const fastMs = rttOf(fastest);
  const slowMs = rttOf(open);
  const deltaMs = Math.max(fastest.echo.rtt.varianceMs, open.echo.rtt.varianceMs);
  const roundsFast = 1 + queuedBytes / fastest.windowBytes;
  const isSoonerToWait = roundsFast * fastMs < slowMs + deltaMs;
  const roundsSlow = queuedBytes / open.windowBytes;
  const isWorthIt = roundsFast < 2 || roundsSlow * slowMs >= 2 * fastMs + deltaMs;
  return isSoonerToWait && isWorthIt ? null : open;
}

const rttOf = (lane: Lane): number => lane.echo.rtt.smoothedMs;
