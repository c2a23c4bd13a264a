import type { LinkRule } from '../network/link-rule.ts';
import { bridgeRule, chainRule, constrainedRule, hubRule, splitRule } from '../network/partitions.ts';
import type { SeededRandom } from '../random.ts';

/** A way in which a network falls apart. */
export interface PartitionShape {
  readonly name: string;
  readonly summary: string;
  rules(nodes: readonly string[], random: SeededRandom): LinkRule[];
}

function sides(nodes: readonly string[], count: number): Map<string, number> {
  return new Map(nodes.map((node, index) => [node, index % count]));
}

/** The partitions that a mesh has to come back from. Which node is where is drawn for each. */
export const PARTITION_SHAPES: readonly PartitionShape[] = [
  {
    name: 'halves',
    summary: 'two halves hear nothing of each other',
    rules: (nodes, random) => [splitRule(new Set(random.shuffle(nodes).slice(0, nodes.length / 2)))],
  },
  {
    name: 'minority',
    summary: 'a fifth of the nodes is cut off together',
    rules: (nodes, random) => [splitRule(new Set(random.shuffle(nodes).slice(0, Math.ceil(nodes.length / 5))))],
  },
  {
    name: 'islands',
    summary: 'five islands',
    rules: (nodes, random) => {
      const island = sides(random.shuffle(nodes), 5);
      return [{ appliesTo: (from, to) => island.get(from) !== island.get(to), isCut: true }];
    },
  },
  {
    name: 'dust',
    summary: 'nobody hears anybody',
    rules: () => [{ appliesTo: () => true, isCut: true }],
  },
  {
    name: 'isolated node',
    summary: 'one node hears nothing',
    rules: (nodes, random) => [splitRule(new Set([random.pick(nodes)]))],
  },
  {
    name: 'one way',
    summary: 'one half hears the other, and is not heard',
    rules: (nodes, random) => {
      const side = sides(random.shuffle(nodes), 2);
      return [{ appliesTo: (from, to) => side.get(from) === 0 && side.get(to) === 1, isCut: true }];
    },
  },
  {
    name: 'bridge',
    summary: 'two halves, and one node that reaches both',
    rules: (nodes, random) => {
      const [bridge = '', ...others] = random.shuffle(nodes);
      return [bridgeRule(new Set(others.slice(0, others.length / 2)), bridge)];
    },
  },
  {
    name: 'chain',
    summary: 'each node reaches its two neighbours in a line only',
    rules: (nodes, random) => [chainRule(random.shuffle(nodes))],
  },
  {
    name: 'hub',
    summary: 'only one node is reached by the others',
    rules: (nodes, random) => [hubRule(random.pick(nodes))],
  },
  {
    name: 'confidant',
    summary: 'one node is reached by a single other one only',
    rules: (nodes, random) => {
      const [isolated = '', confidant = ''] = random.shuffle(nodes);
      return [constrainedRule(isolated, confidant)];
    },
  },
];
