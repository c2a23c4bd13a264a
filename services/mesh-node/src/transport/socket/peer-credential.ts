import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { nodeIdOf, verifyJoinToken } from '../../identity/index.ts';
import type { RefusalReason, TransportCredentials } from '../port.ts';
import type { TransportSettings } from '../settings.ts';

/** Whom TLS or a token showed the other side to be. */
export interface PeerCredential {
  readonly nodeId: string;
  /** Of the certificate; null for a token. */
  readonly serialNumber: string | null;
}

const EXPIRED = 'CERT_HAS_EXPIRED';
const NOT_YET_VALID = 'CERT_NOT_YET_VALID';

/** Who is behind the socket: null on a plain one, a reason when the certificate, or lacking one the token, will not do. */
export async function credentialOf(
  socket: Socket,
  token: string | null,
  { credentials, isRevoked, now }: Pick<TransportSettings, 'credentials' | 'isRevoked' | 'now'>,
): Promise<PeerCredential | null | RefusalReason> {
  if (credentials === null) return null;
  const shown = await shownBy(socket, token, credentials, now());
  if (typeof shown === 'string') return shown;
  return isRevoked(shown.nodeId, shown.serialNumber) ? 'certificate_revoked' : shown;
}

async function shownBy(
  socket: Socket,
  token: string | null,
  credentials: TransportCredentials,
  nowMs: number,
): Promise<PeerCredential | RefusalReason> {
  if (!(socket instanceof TLSSocket)) return 'tls_failed';
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return token === null ? 'certificate_missing' : fromToken(token, credentials, nowMs);
  const problem = String(socket.authorizationError ?? '');
  const { validFromDate, validToDate } = certificate;
  if (problem === EXPIRED || nowMs > validToDate.getTime()) return 'certificate_expired';
  if (problem === NOT_YET_VALID || nowMs < validFromDate.getTime()) return 'certificate_not_yet_valid';
  if (!socket.authorized || certificate.publicKey.asymmetricKeyType !== 'ed25519') return 'certificate_untrusted';
  return { nodeId: nodeIdOf(certificate.publicKey), serialNumber: certificate.serialNumber };
}

async function fromToken(
  token: string,
  credentials: TransportCredentials,
  nowMs: number,
): Promise<PeerCredential | RefusalReason> {
  const { meshId, trustedPem } = credentials;
  const verdict = await verifyJoinToken(token, { meshId, trustedPem, nowMs });
  return 'refused' in verdict ? verdict.refused : { nodeId: verdict.nodeId, serialNumber: null };
}

/** What binds a handshake to this TLS connection (RFC 9266); empty on a plain one. */
export function channelBindingOf(socket: Socket): Uint8Array {
  if (!(socket instanceof TLSSocket)) return new Uint8Array(0);
  return new Uint8Array(socket.exportKeyingMaterial(BINDING_BYTES, 'EXPORTER-Channel-Binding', Buffer.alloc(0)));
}

const BINDING_BYTES = 32;
