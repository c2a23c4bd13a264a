import { TrafficClass } from '@peermesh/link';
import { Priority } from './ports.ts';

/** The class that records of a priority travel in. */
export function trafficClassOf(priority: Priority): TrafficClass {
  if (priority === Priority.system) return TrafficClass.control;
  return priority === Priority.internal ? TrafficClass.priority : TrafficClass.bulk;
}
