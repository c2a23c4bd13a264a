/** Version of the wire format written in the first byte of each message. */
export const WIRE_VERSION = 1;
export const ID_LENGTH_MAX = 64;
export const ADDRESS_LENGTH_MAX = 128;
export const IDENTITY_LENGTH_MAX = 128;
export const MESH_ID_LENGTH_MAX = 64;
export const CREDENTIAL_BYTES_MAX = 4_096;
/** Incarnations stay below 2^48; a claim at the limit is refused, so that a refutation always fits. */
export const INCARNATION_MAX = 2 ** 48 - 1;
