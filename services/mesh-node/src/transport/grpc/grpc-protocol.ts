/** Metadata of the stream's request: which lane, and what to go on with. */
export const LANE_HEADER = 'peermesh-lane';
export const RESUME_HEADER = 'peermesh-resume';
/** Why a stream was refused. */
export const REFUSAL_HEADER = 'peermesh-refusal';

/** A batch and what is around it. */
export const MESSAGE_BYTES_MAX = 66 * 1024;

/** Of HTTP/2, on both sides: streams that do not wait for windows, and little for who has bad intentions. */
export const HTTP2_SETTINGS = {
  initialWindowSize: 1024 * 1024,
  maxConcurrentStreams: 2,
  maxHeaderListSize: 8 * 1024,
  enablePush: false,
} as const;
