import { copyBytes, writeU16, writeU32 } from './bytes.ts';
import {
  FRAME_HEADER_BYTES,
  FrameFlag,
  PAYLOAD_BYTES_MAX,
  SEGMENTS_HEADER_BYTES,
  SEGMENTS_MAX,
  TRACE_BYTES,
} from './format.ts';

/** A frame to encode. Callers keep one and change its members: the encoder holds on to nothing. */
export interface Frame {
  /** One of `FrameType`, 1 to 255. */
  type: number;
  /** Flags other than those that follow from the members here. */
  flags: number;
  /** Hops left, 1 to 255. */
  ttl: number;
  /** 0 control, 1 priority, 2 bulk. */
  trafficClass: number;
  dst: number;
  src: number;
  flow: number;
  /** 24 bits. */
  path: number;
  /** 8 bits. */
  keyEpoch: number;
  seqLow: number;
  seqHigh: number;
  /** The source route; empty for none. */
  segments: readonly number[];
  /** 24 bytes of trace context; empty for none. */
  trace: Uint8Array;
  payload: Uint8Array;
}

const NONE = new Uint8Array(0);

/** A frame with the members given; the rest as a data frame of class priority with 32 hops to live. */
export function createFrame(members: Partial<Frame> = {}): Frame {
  return {
    type: 1,
    flags: 0,
    ttl: 32,
    trafficClass: 1,
    dst: 0,
    src: 0,
    flow: 0,
    path: 0,
    keyEpoch: 0,
    seqLow: 0,
    seqHigh: 0,
    segments: [],
    trace: NONE,
    payload: NONE,
    ...members,
  };
}

/** Bytes that `frame` takes on the wire. */
export function frameBytes(frame: Frame): number {
  const { segments, trace, payload } = frame;
  const route = segments.length === 0 ? 0 : SEGMENTS_HEADER_BYTES + 4 * segments.length;
  return FRAME_HEADER_BYTES + route + trace.length + payload.length;
}

/** True when the frame can be encoded: the route, trace context and payload are within the format's bounds. */
export function isEncodable(frame: Frame): boolean {
  const { segments, trace, payload, ttl, type, trafficClass } = frame;
  if (segments.length > SEGMENTS_MAX || payload.length > PAYLOAD_BYTES_MAX) return false;
  if (trace.length !== 0 && trace.length !== TRACE_BYTES) return false;
  return ttl > 0 && ttl < 256 && type > 0 && type < 256 && trafficClass >= 0 && trafficClass <= 2;
}

/** Writes an encodable frame at `at`, where `target` has room for it, and returns where it ends. */
export function writeFrame(frame: Frame, target: Uint8Array, at: number): number {
  return writeFrameWith(frame, frame.payload, 0, frame.payload.length, target, at);
}

/** The same with `payload` from `from` to `end` in place of the frame's own. */
export function writeFrameWith(
  frame: Frame,
  payload: Uint8Array,
  from: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  const { segments, trace } = frame;
  let flags = frame.flags;
  let next = at + FRAME_HEADER_BYTES;
  if (segments.length > 0) {
    flags |= FrameFlag.segments;
    target[next] = segments.length;
    target[next + 1] = 0;
    writeU16(target, next + 2, 0);
    next += SEGMENTS_HEADER_BYTES;
    for (let i = 0; i < segments.length; i += 1, next += 4) writeU32(target, next, segments[i]!);
  }
  if (trace.length > 0) {
    flags |= FrameFlag.trace;
    copyBytes(trace, 0, TRACE_BYTES, target, next);
    next += TRACE_BYTES;
  }
  copyBytes(payload, from, end, target, next);
  next += end - from;
  writeU32(target, at, next - at);
  target[at + 4] = frame.type;
  target[at + 5] = flags;
  target[at + 6] = frame.ttl;
  target[at + 7] = frame.trafficClass;
  writeU32(target, at + 8, frame.dst);
  writeU32(target, at + 12, frame.src);
  writeU32(target, at + 16, frame.flow);
  writeU32(target, at + 20, (frame.path & 0xff_ffff) | (frame.keyEpoch << 24));
  writeU32(target, at + 24, frame.seqLow);
  writeU32(target, at + 28, frame.seqHigh);
  return next;
}
