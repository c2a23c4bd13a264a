import type { Lane, LaneState } from './lane.ts';
import type { Receiver } from './receiver.ts';
import type { Sender } from './sender.ts';

/** Measurements of one lane. */
export interface LaneStats {
  readonly lane: number;
  readonly trafficClass: number;
  readonly state: LaneState;
  readonly isConnected: boolean;
  readonly rttMs: number;
  /** Bytes per millisecond. */
  readonly rate: number;
  readonly inFlightBytes: number;
  readonly windowBytes: number;
  readonly sentBytes: number;
  readonly sentBatches: number;
  readonly lostBatches: number;
  readonly downs: number;
  /** Whose batches it carries. */
  readonly carries: readonly number[];
}

/** Measurements of a link. `heldBytes` is all the memory that frames take up in it. */
export interface LinkStats {
  readonly lanes: readonly LaneStats[];
  readonly queuedBytes: number;
  readonly unackedBytes: number;
  readonly deliveredBytes: number;
  readonly heldBytes: number;
  readonly resends: number;
  readonly controlDuplicates: number;
  readonly duplicatesDropped: number;
  readonly gapsSkipped: number;
  readonly lateFrames: number;
  /** Per class: time that frames have waited for credit. */
  readonly creditWaitMs: readonly number[];
  /** Per class: what may be sent, and what was received and not released. */
  readonly creditBytes: readonly number[];
  readonly unreleasedBytes: readonly number[];
}

export function statsOf(lanes: readonly Lane[], sender: Sender, receiver: Receiver): LinkStats {
  const { queuedBytes, unackedBytes, deliveredBytes, resends, duplicated, spaces } = sender;
  const reordering = receiver.spaces.reduce((sum, { heldBytes }) => sum + heldBytes, 0);
  return {
    lanes: lanes.map((lane) => ({
      lane: lane.index,
      trafficClass: lane.trafficClass,
      state: lane.state,
      isConnected: lane.isConnected,
      rttMs: lane.echo.rtt.smoothedMs,
      rate: lane.rate.rate,
      inFlightBytes: lane.inFlightBytes,
      windowBytes: lane.windowBytes,
      sentBytes: lane.sentBytes,
      sentBatches: lane.sentBatches,
      lostBatches: lane.lostBatches,
      downs: lane.downs,
      carries: spaces.filter(({ carrier }) => carrier === lane.index).map(({ index }) => index),
    })),
    queuedBytes,
    unackedBytes,
    deliveredBytes,
    heldBytes: queuedBytes + unackedBytes + reordering + receiver.resequencer.heldBytes,
    resends,
    controlDuplicates: duplicated,
    duplicatesDropped: receiver.spaces.reduce((sum, { duplicates }) => sum + duplicates, 0),
    gapsSkipped: receiver.resequencer.skipped,
    lateFrames: receiver.resequencer.late,
    creditWaitMs: sender.creditWaitMs,
    creditBytes: sender.credits.map(({ available }) => available),
    unreleasedBytes: receiver.credits.map(({ heldBytes }) => heldBytes),
  };
}
