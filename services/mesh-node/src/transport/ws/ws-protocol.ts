import { createHash } from 'node:crypto';

/** The request path of a lane's connection. */
export const LANE_PATH = /^\/lanes\/(\d{1,2})$/;

export const lanePath = (lane: number): string => `/lanes/${lane}`;

/** Why an upgrade was refused, for the side that asked. */
export const REFUSAL_HEADER = 'peermesh-refusal';

/** The only version of RFC 6455. */
export const WS_VERSION = '13';

const KEY = /^[A-Za-z0-9+/]{22}==$/;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a server answers to a `Sec-WebSocket-Key` (RFC 6455 4.2.2); null for one that is none. */
export function acceptOf(key: string | undefined): string | null {
  if (key === undefined || !KEY.test(key)) return null;
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}
