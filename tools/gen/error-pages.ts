import { errorCatalogue, PROBLEM_TYPE_BASE } from '@peermesh/errors';
import type { GeneratedFile } from '@peermesh/infra/generate';

/** One page for each code of the catalogue, and an index. */
export function errorPages(): GeneratedFile[] {
  const areas = Object.entries(errorCatalogue).map(([area, errors]) => ({ area, errors: Object.values(errors) }));
  const pages = areas.flatMap(({ errors }) =>
    errors.map(({ code, status, title, description }) => ({
      path: `docs/errors/${code}.md`,
      text: `# ${code}\n\n**${title}.** HTTP status ${status}, type \`${PROBLEM_TYPE_BASE}${code}\`.\n\n${description}\n`,
    })),
  );
  const index = areas.map(
    ({ area, errors }) =>
      `## ${area}\n\n| code | status | meaning |\n|---|---|---|\n${errors.map(({ code, status, title }) => `| [${code}](${code}.md) | ${status} | ${title} |`).join('\n')}\n`,
  );
  const intro = 'Every error that PeerMesh answers with, made from `packages/errors`. Match on `code`; texts may change.';
  return [...pages, { path: 'docs/errors/README.md', text: `# Errors\n\n${intro}\n\n${index.join('\n')}` }];
}
