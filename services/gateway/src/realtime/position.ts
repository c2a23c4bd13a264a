/** The streams that realtime events come from, by the letter they have in a resume token. */
export const REALTIME_STREAMS = { p: 'PUBLISHING', s: 'SEARCH' } as const;
/** Letter of a stream in a resume token. */
export type StreamKey = keyof typeof REALTIME_STREAMS;

/** How far a connection, or the gateway, has come in each stream. */
export type Position = Record<StreamKey, number>;

const TOKEN = /^p(\d{1,15})\.s(\d{1,15})$/;

/** The resume token of a position: `p<sequence>.s<sequence>`. */
export function formatPosition(position: Readonly<Position>): string {
  return `p${position.p}.s${position.s}`;
}

/** The position of a resume token; null when it is none. */
export function parsePosition(token: string): Position | null {
  const match = TOKEN.exec(token);
  return match === null ? null : { p: Number(match[1]), s: Number(match[2]) };
}
