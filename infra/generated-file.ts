/** One file that is made from the catalog. */
export interface GeneratedFile {
  /** Path below the checkout. */
  readonly path: string;
  readonly text: string;
}

/** The first line of a generated file, in a `#` comment. */
export function generatedNotice(generator: string): string {
  return `# Made from infra/catalog.ts by infra/${generator}; \`pnpm gen\` writes it, CI checks it. Do not edit.`;
}
