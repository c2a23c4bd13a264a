import type { Socket } from 'node:net';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { PeerLinkService } from '../../gen/peermesh/peerlink/v1/peerlink_pb.ts';
import type { NodeAddress } from '../address.ts';
import { DialError } from '../port.ts';
import type { TransportSettings } from '../settings.ts';
import { channelBindingOf, credentialOf, type PeerCredential } from '../socket/peer-credential.ts';
import { openSocket } from '../socket/socket-dialler.ts';
import { GrpcChannel, type PeerStream } from './grpc-channel.ts';
import { HTTP2_SETTINGS, LANE_HEADER, MESSAGE_BYTES_MAX, RESUME_HEADER } from './grpc-protocol.ts';
import type { Outbox } from './outbox.ts';

const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;

/** A channel to this address. While it lives it opens further streams for those that are lost. */
export async function dialGrpc(
  target: NodeAddress,
  lane: number,
  settings: () => TransportSettings,
  signal: AbortSignal,
): Promise<{ readonly channel: GrpcChannel; readonly start: () => void }> {
  const { socket, credential } = await connect(target, settings(), signal);
  const channel: GrpcChannel = new GrpcChannel({
    lane,
    isDialled: true,
    remoteAddress: `${socket.remoteAddress}:${socket.remotePort}`,
    binding: channelBindingOf(socket),
    credential,
    limits: settings().limits,
    onSettled: () => '',
    onLost: (token) => void resume(channel, token, target, settings, RETRY_MS_MIN),
    onGone: () => undefined,
  });
  return { channel, start: () => channel.attach(streamOver(socket, settings(), lane, null, channel.open())) };
}

/** Tries until a stream stands or the channel is given up, with pauses that double and vary. */
async function resume(
  channel: GrpcChannel,
  token: string,
  target: NodeAddress,
  settings: () => TransportSettings,
  pauseMs: number,
): Promise<void> {
  const { limits } = settings();
  try {
    const { socket, credential } = await connect(target, settings(), AbortSignal.timeout(limits.handshakeTimeoutMs));
    if (channel.isGone) socket.destroy();
    else if (credential?.nodeId !== channel.credential?.nodeId) channel.giveUp('wrong_key');
    else channel.attach(streamOver(socket, settings(), channel.lane, token, channel.open()));
  } catch {
    if (channel.isGone) return;
    const next = Math.min(RETRY_MS_MAX, pauseMs * 2);
    setTimeout(() => void resume(channel, token, target, settings, next), pauseMs * (0.5 + Math.random()));
  }
}

async function connect(
  target: NodeAddress,
  settings: TransportSettings,
  signal: AbortSignal,
): Promise<{ socket: Socket; credential: PeerCredential | null }> {
  const socket = await openSocket(target, 'h2', settings, signal);
  const credential = await credentialOf(socket, null, settings);
  if (typeof credential !== 'string') return { socket, credential };
  socket.destroy();
  throw new DialError(credential);
}

function streamOver(
  socket: Socket,
  { credentials }: TransportSettings,
  lane: number,
  resumeToken: string | null,
  outbox: Outbox,
): PeerStream {
  const controller = new AbortController();
  const transport = createGrpcTransport({
    baseUrl: 'http://node.mesh',
    readMaxBytes: MESSAGE_BYTES_MAX,
    acceptCompression: [],
    nodeOptions: { createConnection: () => socket, settings: HTTP2_SETTINGS },
  });
  const headers = new Headers({ [LANE_HEADER]: String(lane) });
  if (resumeToken !== null) headers.set(RESUME_HEADER, resumeToken);
  if (credentials?.token !== undefined && credentials.certificatePem === undefined)
    headers.set('authorization', `Bearer ${credentials.token}`);
  const inbound = createClient(PeerLinkService, transport).link(outbox, { headers, signal: controller.signal });
  const destroy = (): void => {
    controller.abort();
    socket.destroy();
  };
  return { inbound, remoteAddress: `${socket.remoteAddress}:${socket.remotePort}`, destroy };
}
