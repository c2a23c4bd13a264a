/** Who may import whom: the layers of docs/architecture.md as rules. */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'a-service-never-imports-another',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'a-package-never-imports-a-service',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^services/' },
    },
    {
      name: 'a-package-imports-infra-only-in-testkit',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/testkit/' },
      to: { path: '^infra/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'The domain knows contracts, errors and its ports: no adapter, plugin, route, framework or driver.',
      severity: 'error',
      from: { path: '^services/[^/]+/src/domain/' },
      to: {
        path: '^services/[^/]+/src/(adapters|plugins|routes|consumers|main|app|config)|node_modules/(fastify|pg|@nats-io|ioredis|kysely)(/|$)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'testkit-only-in-tests',
      severity: 'error',
      from: { path: '^(packages|services)/[^/]+/src/', pathNot: '^packages/testkit/' },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'no-path-into-another-package',
      comment: 'A package is imported by its name; relative paths stay inside.',
      severity: 'error',
      from: { path: '^(packages/[^/]+|services/[^/]+|infra|e2e|bench|tools)/' },
      to: { dependencyTypes: ['local'], pathNot: '^$1/' },
    },
    {
      name: 'no-deep-imports',
      severity: 'error',
      from: { path: '^(?:packages|services)/([^/]+)/' },
      to: {
        path: '^packages/([^/]+)/src/(?!index\\.ts)',
        pathNot: [
          '^packages/$1/',
          '^packages/contracts/src/',
          '^packages/consensus/src/conformance/',
          '^packages/messaging/src/streams\\.ts',
          '^packages/service-kit/src/redis\\.ts',
          '^packages/replication/src/wire/index\\.ts',
          '^packages/testkit/src/',
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@peermesh/source', 'import', 'node', 'default'],
    },
  },
};
