declare module 'k-shortest-path' {
  import type { Graph } from 'graphlib';

  interface WeightedPath {
    readonly totalCost: number;
    readonly edges: readonly { readonly fromNode: string; readonly toNode: string; readonly weight: number }[];
  }

  function ksp(
    graph: Graph,
    source: string,
    target: string,
    k: number,
    weightOf: (edge: { readonly v: string; readonly w: string }) => number,
  ): readonly WeightedPath[];

  const library: { readonly ksp: typeof ksp };
  export default library;
}

declare module 'graphlib' {
  export class Graph {
    setNode(name: string): this;
    setEdge(from: string, to: string, label: number): this;
    edge(edge: { readonly v: string; readonly w: string }): number;
  }
  const library: { readonly Graph: typeof Graph };
  export default library;
}
