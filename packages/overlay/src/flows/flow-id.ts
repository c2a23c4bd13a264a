import type { TrafficClass } from '@peermesh/link';

/** What a flow id says: the same on both ends, so that a flow needs no opening. */
export interface FlowKind {
  /** 0 to 65,535; below 16 the mesh's own. */
  readonly channel: number;
  /** Tells flows of one channel apart, 0 to 255. */
  readonly index: number;
  readonly trafficClass: TrafficClass;
  readonly isReliable: boolean;
  /** Frames may take several paths. Delivery is in order all the same. */
  readonly isMultiPath: boolean;
}

const RELIABLE = 1;
const MULTI_PATH = 2;
const CLASS_SHIFT = 2;
const INDEX_SHIFT = 8;
const CHANNEL_FACTOR = 0x1_0000;

/** @throws RangeError for a channel or an index that has no id. */
export function flowIdOf({ channel, index, trafficClass, isReliable, isMultiPath }: FlowKind): number {
  if (!Number.isInteger(channel) || channel < 0 || channel > 0xffff) throw new RangeError('channel must be a u16');
  if (!Number.isInteger(index) || index < 0 || index > 0xff) throw new RangeError('index must be a u8');
  const low = (index << INDEX_SHIFT) | (trafficClass << CLASS_SHIFT) | (isMultiPath ? MULTI_PATH : 0);
  return channel * CHANNEL_FACTOR + (low | (isReliable ? RELIABLE : 0));
}

/** Undefined for an id that no flow has. */
export function flowKindOf(id: number): FlowKind | undefined {
  const trafficClass = (id >>> CLASS_SHIFT) & 3;
  if (trafficClass > 2 || (id & 0xf0) !== 0) return undefined;
  return {
    channel: id >>> 16,
    index: (id >>> INDEX_SHIFT) & 0xff,
    trafficClass: trafficClass as TrafficClass,
    isReliable: (id & RELIABLE) !== 0,
    isMultiPath: (id & MULTI_PATH) !== 0,
  };
}
