import type { BenchDocument } from './search-process.ts';

const VOCABULARY = 30_000;
const TOPICS = 200;
const TOPIC_WORDS = 120;
const ENTITIES = 5_000;
const SYLLABLES =
  'ba be bi bo bu da de di do du fa fe fi fo ga ge gi go ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi vo za ze zi zo'.split(
    ' ',
  );

/** A seeded generator of numbers in [0, 1). */
export function randomOf(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function wordOf(index: number): string {
  let rest = index + SYLLABLES.length;
  let word = '';
  while (rest > 0) {
    word += SYLLABLES[rest % SYLLABLES.length];
    rest = Math.floor(rest / SYLLABLES.length);
  }
  return `${word}x`;
}

const words = Array.from({ length: VOCABULARY }, (_, i) => wordOf(i));

/** A word by Zipf's law: rank 1 as often as in English text without function words. */
function zipf(random: () => number): string {
  return words[Math.min(VOCABULARY - 1, Math.floor(VOCABULARY ** random()) - 1 + Math.floor(random() * 3))] ?? 'wordx';
}

/** The words that a topic favours. */
function topicWord(topic: number, random: () => number): string {
  const at = Math.floor(TOPIC_WORDS ** random()) - 1;
  return words[500 + ((topic * 7_919 + at * 131) % (VOCABULARY - 500))] ?? 'wordx';
}

/** The name of an entity. */
export function entityName(index: number): string {
  return `Org ${words[(index * 13) % VOCABULARY]} ${words[(index * 29 + 7) % VOCABULARY]}`;
}

/** Documents of about `length` words on 200 topics, with two entities each; the same for the same seed. */
export function* corpus(count: number, length: number, seed = 7): Generator<BenchDocument> {
  const random = randomOf(seed);
  for (let i = 0; i < count; i += 1) {
    const topic = Math.floor(random() * TOPICS);
    const size = Math.max(4, Math.floor(length * (0.5 + random())));
    const text = Array.from({ length: size }, () => (random() < 0.4 ? topicWord(topic, random) : zipf(random)));
    const title = Array.from({ length: 5 }, () => topicWord(topic, random));
    yield {
      id: `doc_${String(seed)}x${String(i).padStart(7, '0')}`,
      title: title.join(' '),
      text: `${text.join(' ')}.`,
      topics: [`topic-${topic}`],
      entities: [entityName(Math.floor(ENTITIES * random() ** 2)), entityName(Math.floor(ENTITIES * random()))],
      publishedAt: new Date(Date.UTC(2026, 0, 1) + Math.floor(random() * 300) * 86_400_000).toISOString(),
    };
  }
}

/** Questions of two to seven words of one topic, common words among them; every tenth names an entity. No two alike. */
export function* questions(seed = 99): Generator<string> {
  const random = randomOf(seed);
  for (;;) {
    const topic = Math.floor(random() * TOPICS);
    const size = 2 + Math.floor(random() * 6);
    const parts = Array.from({ length: size }, () => (random() < 0.7 ? topicWord(topic, random) : zipf(random)));
    if (random() < 0.1) parts.push(entityName(Math.floor(ENTITIES * random() ** 2)));
    yield parts.join(' ');
  }
}
