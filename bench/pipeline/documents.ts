import type { SubmitContent } from '@peermesh/contracts/ingest';
import { randomOf } from '../search/corpus.ts';

const COMPANIES =
  'Siemens Liebherr Boskalis Damen Maersk Kuehne Hapag Jungheinrich Konecranes Kalmar Wartsila Alstom Stadler Vestas Orsted Nordex Bosch Festo Trumpf Krones'.split(
    ' ',
  );
const FORMS = ['Group', 'Systems', 'Shipyards', 'Logistics', 'Energy', 'Terminals', 'Works', 'Holding'];
const CITIES =
  'Hamburg Rotterdam Antwerp Bremen Kiel Gdansk Oslo Bergen Porto Genoa Marseille Dublin Leeds Vienna Zurich Lyon'.split(
    ' ',
  );
const NAMES = 'Anna Peter Maria Jonas Ingrid Paul Clara Martin Sofia Thomas'.split(' ');
const FAMILY = 'Weber Larsen Novak Rossi Dubois Keller Murphy Jensen Costa Brandt'.split(' ');
const THINGS =
  'electric cranes,shore power units,hydrogen ferries,container scanners,dredging vessels,battery packs,rail sidings,pilot boats,signal towers,cold stores'.split(
    ',',
  );

const pick = <T>(random: () => number, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

/** News of a made-up port: about 110 English words with companies, people and places that the built-in extractor finds. */
export function* documents(run: string, seed = 11): Generator<SubmitContent & { readonly itemKey: string }> {
  const random = randomOf(seed);
  for (let index = 0; ; index += 1) {
    const company = (): string => `${pick(random, COMPANIES)} ${pick(random, FORMS)}`;
    const person = `${pick(random, NAMES)} ${pick(random, FAMILY)}`;
    const [first, second] = [company(), company()];
    const sentences = Array.from({ length: 5 }, () => {
      const year = 2015 + Math.floor(random() * 12);
      return pick(random, [
        `${company()} delivered ${1 + Math.floor(random() * 40)} ${pick(random, THINGS)} to the port of ${pick(random, CITIES)} in ${year}.`,
        `In ${year} the city of ${pick(random, CITIES)} asked ${company()} for ${pick(random, THINGS)} and a plan for the quay.`,
        `Engineers in ${pick(random, CITIES)} tested ${pick(random, THINGS)} for several months before the harbour opened again.`,
      ]);
    });
    const text = [
      `${first} ordered ${pick(random, THINGS)} from ${second} for its terminal in ${pick(random, CITIES)}.`,
      `${person} works for ${first} and announced the order number ${index} of this season on Monday.`,
      ...sentences,
      `${second} is based in ${pick(random, CITIES)}, where the new ${pick(random, THINGS)} will be built until spring.`,
    ];
    yield { format: 'text', title: `Order ${index} of ${first}`, body: text.join(' '), itemKey: `${run}-${index}` };
  }
}

/** The same news with what an extractor outside would hand in: two companies, and how they relate. */
export function* extractedDocuments(run: string, seed = 12): Generator<SubmitContent & { readonly itemKey: string }> {
  for (const document of documents(run, seed)) {
    const text = String(document.body);
    const [first = '', second = ''] = /^(\S+ \S+) ordered .+? from (\S+ \S+) /.exec(text)?.slice(1) ?? [];
    const mention = (name: string): { start: number; end: number } => {
      const start = text.indexOf(name);
      return { start, end: start + name.length };
    };
    yield {
      ...document,
      extraction: {
        extractor: { name: 'bench', version: '1' },
        language: 'en',
        title: document.title ?? null,
        entities: [first, second].map((name) => ({
          name,
          type: 'organization',
          confidence: 0.9,
          mentions: [mention(name)],
        })),
        relationships: first === second ? [] : [{ from: 0, to: 1, type: 'CUSTOMER_OF', confidence: 0.8 }],
        keyphrases: [{ text: 'port equipment', score: 0.5 }],
        dates: [],
        embedding: null,
      },
    };
  }
}
