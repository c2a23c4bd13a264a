import type { ErrorDefinition } from '@peermesh/errors';

/** The reference as a page; everything that it loads comes from `/docs`. */
export const REFERENCE_PAGE = page(
  'PeerMesh API',
  '<div id="reference"></div>\n<noscript>The reference needs JavaScript; <a href="/api/v1/openapi.json">openapi.json</a> does not.</noscript>',
  '<link rel="stylesheet" href="/docs/swagger-ui.css">\n<script src="/docs/swagger-ui-bundle.js" defer></script>\n<script src="/docs/initializer.js" defer></script>',
);

/** Starts the reference. */
export const INITIALIZER = `addEventListener('DOMContentLoaded', () => {
  SwaggerUIBundle({
    url: '/api/v1/openapi.json',
    dom_id: '#reference',
    deepLinking: true,
    docExpansion: 'none',
    filter: true,
    validatorUrl: null,
    persistAuthorization: false,
  });
});
`;

/** Style of the pages that are not the reference. */
export const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
code { background: #f2f2f2; padding: 0 .2em; }
table { border-collapse: collapse; width: 100%; }
td, th { border-bottom: 1px solid #ddd; padding: .3rem .5rem; text-align: left; vertical-align: top; }
`;

/** The page that the \`type\` of a problem resolves to. */
export function errorPage(definition: ErrorDefinition): string {
  const { code, status, title, description } = definition;
  return page(
    code,
    `<h1>${text(title)}</h1>
<p><code>${text(code)}</code>, HTTP status ${status}</p>
<p>${text(description)}</p>
<p><a href="/docs/errors">All errors</a> &middot; <a href="/docs">API reference</a></p>`,
  );
}

/** All error codes. */
export function errorIndexPage(definitions: readonly ErrorDefinition[]): string {
  const rows = [...definitions]
    .sort((a, b) => a.code.localeCompare(b.code))
    .map(
      ({ code, status, title }) =>
        `<tr><td><a href="/docs/errors/${text(code)}"><code>${text(code)}</code></a></td><td>${status}</td><td>${text(title)}</td></tr>`,
    );
  return page(
    'Errors',
    `<h1>Errors</h1>\n<table>\n<tr><th>Code</th><th>Status</th><th>Title</th></tr>\n${rows.join('\n')}\n</table>`,
  );
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<link rel="stylesheet" href="/docs/style.css">
${head}
</head>
<body>
${body}
</body>
</html>
`;
}

function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/`([^`]*)`/g, '<code>$1</code>');
}
