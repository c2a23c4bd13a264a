import { createHistogram } from 'node:perf_hooks';
import { WebSocket } from 'ws';

/** Opens `count` connections, then counts events and how old they are. Prints a line of JSON at each step. */
const [url = '', topics = '', countText = '0', ...tokens] = process.argv.slice(2);
const count = Number(countText);
const AT_ONCE = 50;
const PER_SOURCE = 500;

const ages = createHistogram({ lowest: 1, highest: 600_000, figures: 3 });
let received = 0;
let closed = 0;

function open(index: number): Promise<void> {
  const socket = new WebSocket(`${url}?topics=${topics}`, {
    headers: { authorization: `Bearer ${tokens[index % tokens.length]}` },
    localAddress: `127.0.0.${2 + Math.floor(index / PER_SOURCE)}`,
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  socket.on('message', (data: Buffer) => {
    const text = data.toString();
    if (!text.startsWith('{"type":"event"')) return;
    received++;
    const { event } = JSON.parse(text) as { event: { time: string } };
    ages.record(Math.max(1, Date.now() - Date.parse(event.time)));
  });
  socket.on('close', () => closed++);
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
  });
}

const say = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);

const startedAt = performance.now();
for (let index = 0; index < count; index += AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, offset) => open(index + offset)));
}
say({ opened: count, ms: Math.round(performance.now() - startedAt) });
process.stdin.on('data', () => {
  say({ received, closed, p50Ms: ages.percentile(50), p99Ms: ages.percentile(99), maxMs: ages.max });
});
process.on('SIGTERM', () => process.exit(0));
