import type { MsgHdrs } from '@nats-io/transport-node';

/** The header block of a received message and the part of it that is meant; what the client keeps it as. */
interface RawMessage {
  readonly _rdata?: Uint8Array;
  readonly _msg?: { readonly hdr: number };
}

const VERSION_LINE = 'NATS/1.0\r\n';

/**
 * Reads single headers of a received message. The client's own parser builds a map with canonical names and checks for every
 * header; looking the few that are known up in the block costs a fraction of that. Falls back to the client's parser when its
 * messages are built otherwise.
 */
export function headerReader(message: { readonly headers?: MsgHdrs | undefined }): (name: string) => string {
  const raw = ('msg' in message ? message.msg : message) as RawMessage;
  const length = raw._msg?.hdr;
  if (raw._rdata === undefined || length === undefined || length < VERSION_LINE.length) {
    return (name) => message.headers?.get(name) ?? '';
  }
  const block = Buffer.from(raw._rdata.buffer, raw._rdata.byteOffset, length).toString('utf8');
  return (name) => {
    const at = block.indexOf(`\r\n${name}:`);
    if (at === -1) return '';
    const from = at + name.length + 3;
    return block.slice(from, block.indexOf('\r\n', from)).trim();
  };
}
