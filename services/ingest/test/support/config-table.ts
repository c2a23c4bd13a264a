import type { TObject } from 'typebox';

/** The settings of a service as the Markdown table of its README. */
export function configTable(schema: TObject): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties).map(([key, property]) => {
    const { default: value, description } = property as { default?: unknown; description?: string };
    const shown =
      required.has(key) && value === undefined ? 'required' : value === '' ? 'empty' : `\`${String(value)}\``;
    return `| \`${key}\` | ${shown} | ${description ?? ''} |`;
  });
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
