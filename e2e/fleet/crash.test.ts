import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SERVICE_NAMES } from '@peermesh/infra/catalog';
import { waitFor } from '@peermesh/testkit';
import { startTestFleet, type TestFleet } from '@peermesh/testkit/fleet';
import pg from 'pg';
import { type ApiClients, apiClients } from '../support/api-clients.ts';
import { type Ledger, readLedger } from '../support/ledger.ts';
import { type Accepted, submitPersistently } from '../support/persistent-submitter.ts';
import { seededRandom, shuffled } from '../support/seeded-random.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const DOCUMENTS = 2_000;
const CLIENTS = 8;
const TOPIC = 'ledger';
const BACK_WITHIN_MS = 120_000;
const SETTLED_WITHIN_MS = 240_000;

const seed = Number(process.env['PEERMESH_TEST_SEED'] ?? Date.now() % 1_000_000);
const random = seededRandom(seed);

let fleet: TestFleet;
let api: ApiClients;
let receiver: WebhookReceiver;
let database: pg.Client;

before(async () => {
  receiver = await startWebhookReceiver();
  fleet = await startTestFleet({
    overrides: {
      // What a dead process had begun is taken up again after seconds, not minutes.
      ingest: { EXTRACTION_DEADLINE_MS: '15000', EXTRACTION_ATTEMPTS_MAX: '10', JOB_SWEEP_INTERVAL_MS: '1000' },
      publisher: { PUBLISHER_RETRY_SCHEDULE_SECONDS: '0,1,2,4,8,16' },
    },
  });
  api = apiClients(fleet.gatewayUrl, fleet.adminToken);
  const { body: endpoint } = await api.publisher.createEndpoint({
    body: { channel: 'webhook', name: 'ledger', url: receiver.url, ratePerSecond: 1_000 },
  });
  receiver.trust(endpoint.secret ?? '');
  await api.publisher.createSubscription({
    body: { name: TOPIC, filter: { topics: [TOPIC] }, endpointIds: [endpoint.id] },
  });
});
after(async () => {
  await database?.end();
  await fleet?.stop();
  await receiver.stop();
});

/** What happens to one process, and at which document of the run. */
interface Accident {
  readonly process: string;
  readonly kind: 'kill' | 'restart';
  readonly at: number;
}

/** Every service dies once; every store dies or is restarted once, in the middle third. The order and the moments are random. */
function planAccidents(): Accident[] {
  const moment = (from: number, to: number): number => Math.floor((from + random() * (to - from)) * DOCUMENTS);
  const services = shuffled(SERVICE_NAMES, random);
  const kills = services.map((process, index) => {
    const at = moment((index + 0.1) / services.length, (index + 0.9) / services.length);
    return { process, kind: 'kill', at } as const;
  });
  const restarts = shuffled(['postgres', 'nats', 'redis'], random).map((process) => {
    return { process, kind: random() < 0.5 ? 'kill' : 'restart', at: moment(0.33, 0.67) } as const;
  });
  return [...kills, ...restarts].toSorted((a, b) => a.at - b.at);
}

async function happen({ process, kind }: Accident): Promise<void> {
  const supervised = fleet.fleet.process(process);
  if (kind === 'restart') return supervised.restart();
  const before = supervised.restarts();
  await supervised.kill();
  await waitFor(() => supervised.restarts() > before && supervised.state() === 'ready', {
    timeoutMs: BACK_WITHIN_MS,
    message: `${process} is back`,
  });
}

const itemOf = (index: number) => ({
  format: 'text' as const,
  title: `Entry ${index}`,
  body: `Entry ${index} of the ledger: crate number${index} was weighed in Hamburg by Hapag-Lloyd and shipped to Rotterdam.`,
  topics: [TOPIC],
});

/** Submits everything while the accidents happen, each when its document is due and the one before is over. */
async function submitThroughAccidents(accidents: readonly Accident[]): Promise<Accepted[]> {
  const accepted: Accepted[] = [];
  let next = 0;
  let underWay: Promise<void> = Promise.resolve();
  const due = [...accidents];
  const client = async (): Promise<void> => {
    while (next < DOCUMENTS) {
      const index = next;
      next += 1;
      if (due[0] !== undefined && due[0].at <= index) {
        const accident = due.shift() as Accident;
        await underWay;
        underWay = happen(accident);
        underWay.catch(() => undefined);
      }
      accepted.push(await submitPersistently(api, `entry-${index}`, itemOf(index)));
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await underWay;
  return accepted;
}

test(`nothing is lost and nothing happens twice, whatever dies during ${DOCUMENTS} documents (seed ${seed})`, async (t) => {
  const accidents = planAccidents();
  t.diagnostic(accidents.map(({ process, kind, at }) => `${at}: ${kind} ${process}`).join(', '));
  const accepted = await submitThroughAccidents(accidents);
  assert.equal(new Set(accepted.map(({ documentId }) => documentId)).size, DOCUMENTS);
  assert.deepEqual([...new Set(accepted.map(({ version }) => version))], [1]);

  database = new pg.Client({ connectionString: fleet.databaseUrl('superuser') });
  await database.connect();
  const expected: Ledger = {
    contents: { extracted: DOCUMENTS },
    documents: DOCUMENTS,
    rewritten: 0,
    indexed: { keyword: DOCUMENTS, vector: DOCUMENTS, time: DOCUMENTS },
    notifications: DOCUMENTS,
    deliveries: { delivered: DOCUMENTS },
    outbox: {},
    deadLetters: [],
  };
  let ledger = await readLedger(database, TOPIC);
  const isBalanced = async (): Promise<boolean> => {
    ledger = await readLedger(database, TOPIC);
    return JSON.stringify(ledger) === JSON.stringify(expected);
  };
  await waitFor(isBalanced, { timeoutMs: SETTLED_WITHIN_MS, intervalMs: 500 }).catch(() => undefined);
  assert.deepEqual(ledger, expected, fleet.events());

  const delivered = [...receiver.messages.values()].map(({ data }) => data.document?.id);
  assert.deepEqual(receiver.refused, []);
  assert.equal(delivered.length, DOCUMENTS);
  assert.deepEqual(new Set(delivered), new Set(accepted.map(({ documentId }) => documentId)));

  const { body: legs } = await api.search.listBackends();
  assert.deepEqual(
    legs.items.map(({ kind, lag }) => [kind, lag]),
    legs.items.map(({ kind }) => [kind, 0]),
  );
  for (const index of [0, Math.floor(random() * DOCUMENTS), DOCUMENTS - 1]) {
    const { body } = await api.search.search({ body: { query: `number${index}`, mode: 'keyword', deadlineMs: 5_000 } });
    assert.deepEqual(
      body.results.map(({ title }) => title),
      [`Entry ${index}`],
    );
  }
});
