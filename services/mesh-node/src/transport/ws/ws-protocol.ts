/** The request path of a lane's connection. */
export const LANE_PATH = /^\/lanes\/(\d{1,2})$/;

export const lanePath = (lane: number): string => `/lanes/${lane}`;

/** Why an upgrade was refused, for the side that asked. */
export const REFUSAL_HEADER = 'peermesh-refusal';
