import { isAscii } from 'node:buffer';
import type { MsgHdrs } from '@nats-io/transport-node';

/** The header block of a received message and the part of it that is meant; what the client keeps it as. */
interface RawMessage {
  readonly _rdata?: Uint8Array;
  readonly _msg?: { readonly hdr: number };
}

const VERSION_LINE = 'NATS/1.0\r\n';

/**
 * Reads single headers of a received message. The client's own parser builds a map with canonical names and checks for every
 * header; looking the few that are known up in the block, fastest in the order in which they are sent, costs a fraction of that. Falls back to the client's parser when its
 * messages are built otherwise.
 */
export function headerReader(message: { readonly headers?: MsgHdrs | undefined }): (name: string) => string {
  const raw = ('msg' in message ? message.msg : message) as RawMessage;
  const length = raw._msg?.hdr;
  if (raw._rdata === undefined || length === undefined || length < VERSION_LINE.length) {
    return (name) => message.headers?.get(name) ?? '';
  }
  const bytes = Buffer.from(raw._rdata.buffer, raw._rdata.byteOffset, length);
  const block = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString('utf8');
  let next = block.indexOf('\r\n');
  return (name) => {
    const line = lineStart(name);
    const at = block.startsWith(line, next) ? next : block.indexOf(line);
    if (at === -1) return '';
    const from = at + line.length;
    next = block.indexOf('\r\n', from);
    return block.slice(from, next).trim();
  };
}

const lineStarts = new Map<string, string>();

function lineStart(name: string): string {
  const known = lineStarts.get(name);
  if (known !== undefined) return known;
  const made = `\r\n${name}:`;
  lineStarts.set(name, made);
  return made;
}
