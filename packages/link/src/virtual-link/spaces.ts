import { TrafficClass } from '../wire/format.ts';

/** The first bulk lane; every further one is bulk too. */
export const FIRST_BULK = 2;

/** Lane 0 is control, lane 1 priority, the others bulk: both sides know the class of a lane by its number. */
export function classOf(lane: number): TrafficClass {
  if (lane >= FIRST_BULK) return TrafficClass.bulk;
  return lane === 0 ? TrafficClass.control : TrafficClass.priority;
}
