import { createPrivateKey, createPublicKey } from 'node:crypto';
import { nodeIdOf } from '@peermesh/mesh-node/identity';
import { Channel } from '@peermesh/overlay';
import { Meter, stamp } from './meter.ts';
import { keyOf, OverlayNode } from './overlay-node.ts';
import type { Command, NodeSetup, Telling } from './protocol.ts';

/** One mesh node of the benchmark: relays, and sends or counts messages when it is told to. */
const setup = JSON.parse(process.argv[2] ?? '') as NodeSetup;
const nodeId = nodeIdOf(createPublicKey(createPrivateKey(setup.privateKeyPem)));
const meter = new Meter();
const tell = (telling: Telling): void => void process.send?.(telling);
const TURN_MESSAGES = 512;
/** Messages over this size are of class bulk. */
const BULK_BYTES = 4_096;
/** After the time stamp: whether there is one. */
const LATENCY_FLAG_AT = 8;

const node = new OverlayNode(setup, keyOf(setup.privateKeyPem, nodeId), ({ channel, bytes }) => {
  if (channel !== Channel.data) return;
  meter.count(bytes.length);
  if (bytes[LATENCY_FLAG_AT] === 1) meter.age(bytes);
});
const others = setup.members.filter((member) => member.nodeId !== nodeId);
let sending: Extract<Command, { kind: 'send' }> | null = null;
let message = new Uint8Array(0);
let startedAtMs = 0;
let sent = 0;

/** Sends what is due in this turn; true while more would be accepted. */
function send(nowMs: number): boolean {
  if (sending === null) return false;
  const { to, bytes, perSecond } = sending;
  const due = perSecond === null ? TURN_MESSAGES : Math.floor(((nowMs - startedAtMs) * perSecond) / 1_000) - sent;
  const trafficClass = bytes > BULK_BYTES ? 2 : 1;
  for (let i = 0; i < due; i += 1) {
    if (perSecond !== null) stamp(message);
    if (node.overlay.send(to, Channel.data, message, { trafficClass, isReliable: true }, nowMs) !== 'accepted')
      return false;
    sent += 1;
  }
  return perSecond === null;
}

node.onTurn = send;
process.on('message', (command: Command) => {
  if (command.kind === 'measure') meter.start();
  else if (command.kind === 'report') tell({ kind: 'report', report: meter.report() });
  else if (command.kind === 'stop') sending = null;
  else {
    sending = command;
    message = new Uint8Array(command.bytes);
    message[LATENCY_FLAG_AT] = command.perSecond === null ? 0 : 1;
    [startedAtMs, sent] = [performance.now(), 0];
    if (command.perSecond !== null) setInterval(() => node.wake(), 1);
    node.wake();
  }
});
process.on('disconnect', () => process.exit(0));
const connected = setInterval(() => {
  if (!others.every(({ shortId }) => node.overlay.reaches(shortId))) return;
  clearInterval(connected);
  tell({ kind: 'ready' });
}, 20);
await node.start();
