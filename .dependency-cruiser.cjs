/* eslint-disable max-lines -- one list of rules, which is read from top to bottom */
const error = (name, from, to) => ({ name, severity: 'error', from, to })

/** A package that only this place may import for real; `types` may be imported anywhere in `typesIn`. */
const fenced = (npm, place, typesIn = place) => [
  error(`${npm}-is-fenced`, { path: '^src/', pathNot: `${place}|${typesIn}` }, { path: `node_modules/${npm}/` }),
  ...(typesIn === place
    ? []
    : [
        error(
          `${npm}-types-only`,
          { path: typesIn, pathNot: place },
          { path: `node_modules/${npm}/`, dependencyTypesNot: ['type-only'] },
        ),
      ]),
]

module.exports = {
  forbidden: [
    error('no-cycles', {}, { circular: true }),
    error(
      'registry-sits-on-coordination',
      { path: '^src/registry/' },
      { path: '^src/', pathNot: '^src/(registry/|coordination/[^/]+\\.ts$)' },
    ),
    error(
      'registry-does-no-io',
      { path: '^src/registry/' },
      { dependencyTypes: ['core', 'npm', 'npm-dev'], pathNot: '^(node:)?(buffer|crypto|stream|zlib)$' },
    ),
    error(
      'coordination-sits-on-ports',
      { path: '^src/coordination/' },
      { path: '^src/', pathNot: '^src/(coordination/|registry/(ports/|registry\\.ts$|list-records\\.ts$))' },
    ),
    error(
      'store-sits-on-registry',
      { path: '^src/store/' },
      { path: '^src/', pathNot: '^src/(store|registry|coordination)/' },
    ),
    error(
      'upkeep-sits-on-registry',
      { path: '^src/upkeep/' },
      { path: '^src/', pathNot: '^src/(upkeep|registry|coordination)/' },
    ),
    error(
      'transfer-sits-on-upkeep',
      { path: '^src/transfer/' },
      { path: '^src/', pathNot: '^src/(transfer|upkeep|registry|coordination)/' },
    ),
    error(
      'background-sits-on-registry',
      { path: '^src/background/' },
      { path: '^src/', pathNot: '^src/(background|registry|coordination|access)/' },
    ),
    error(
      'libraries-import-only-themselves',
      { path: '^src/(smithy|sigv4|iam)/' },
      { path: '^src/', pathNot: '^src/$1/' },
    ),
    error(
      'access-sits-on-registry-and-iam',
      { path: '^src/access/' },
      { path: '^src/', pathNot: '^src/(access|registry|iam)/' },
    ),
    error(
      'pull-through-cache-sits-on-registry',
      { path: '^src/pull-through-cache/' },
      { path: '^src/', pathNot: '^src/(pull-through-cache|registry|coordination|access)/' },
    ),
    error(
      'adapters-implement-ports',
      { path: '^src/adapters/([^/]+)/' },
      { path: '^src/', pathNot: '^src/(registry|coordination|adapters/$1)/' },
    ),
    error(
      'planes-are-strangers',
      { path: '^src/(control-plane|data-plane)/' },
      { path: '^src/(control-plane|data-plane)/', pathNot: '^src/$1/' },
    ),
    error(
      'control-plane-imports-through-a-port',
      { path: '^src/control-plane/' },
      { path: '^src/pull-through-cache/' },
    ),
    error(
      'server-sits-on-registry',
      { path: '^src/server/' },
      { path: '^src/', pathNot: '^src/(server|registry|coordination)/|^src/access/explain/decision-log\\.ts$' },
    ),
    error(
      'seed-calls-the-api',
      { path: '^src/seed/' },
      { path: '^src/', pathNot: '^src/(seed|registry|coordination|access|smithy|control-plane/services)/' },
    ),
    error(
      'planes-see-no-adapters-and-no-process',
      { path: '^src/(control-plane|data-plane)/' },
      { path: '^src/(adapters/|store/|cli/|compose/|config/|demo/|seed/|[^/]+\\.ts$)' },
    ),
    error(
      'only-compose-knows-adapters',
      { path: '^src/', pathNot: '^src/(adapters|compose)/' },
      { path: '^src/adapters/' },
    ),
    error(
      'services-know-nothing-of-http',
      { path: '^src/control-plane/services/' },
      {
        path: '^src/control-plane/|^(node:)?https?$|node_modules/@smithy/protocol-http/',
        pathNot: '^src/control-plane/services/',
      },
    ),
    error(
      'services-do-not-import-each-other',
      { path: '^src/control-plane/services/([^/]+)/' },
      { path: '^src/control-plane/services/([^/]+/|services\\.ts$)', pathNot: '^src/control-plane/services/$1/' },
    ),
    error(
      'only-tables-import-operations',
      {
        path: '^src/',
        pathNot:
          '^src/control-plane/services/(ecr/operation-table|ecr-public/ecr-public-operations|sts/sts-operations|iam/iam-operations)\\.ts$',
      },
      { path: '^src/control-plane/services/[^/]+/operations/' },
    ),
    error(
      'protocols-know-no-service',
      { path: '^src/control-plane/protocols/' },
      {
        path: '^src/(access/|control-plane/)',
        pathNot: '^src/control-plane/(protocols/|services/service\\.ts$|received-request\\.ts$)',
      },
    ),
    error(
      'planes-run-no-scripts',
      { path: '^src/(control-plane|data-plane)/' },
      { path: '^src/localstack/', pathNot: '^src/localstack/(endpoints|init-status)\\.ts$' },
    ),
    error(
      'library-sits-on-compose',
      { path: '^src/library/' },
      {
        path: '^src/',
        pathNot:
          '^src/(library/|compose/compose\\.ts$|config/|registry/|access/credentials\\.ts$|cli/process-log\\.ts$)',
      },
    ),
    error(
      'localstack-is-no-part-of-ecr',
      { path: '^src/localstack/' },
      { path: '^src/', pathNot: '^src/(localstack/|registry/ports/|server/health\\.ts$|config/usage-error\\.ts$)' },
    ),
    error(
      'console-is-a-customer',
      { path: '^src/console/' },
      {
        path: '^src/',
        // What of the registry has no state and no I/O may be bundled for the browser, of all else only types.
        pathNot: '^src/(console|registry)/',
        dependencyTypesNot: ['type-only'],
      },
    ),
    error(
      'console-takes-answers-of-admin-endpoints',
      { path: '^src/console/' },
      { path: '^src/', pathNot: '^src/(console|registry|control-plane/admin)/' },
    ),
    error('console-is-bundled-apart', { path: '^src/', pathNot: '^src/console/' }, { path: '^src/console/' }),
    error('demo-is-a-customer', { path: '^src/demo/' }, { path: '^src/', pathNot: '^src/(demo/|library/)' }),
    error(
      'sdk-for-types-only',
      {
        path: '^src/',
        pathNot:
          '^src/(console/|demo/|library/(ecr-local|integrations/testcontainers)\\.ts$|adapters/(s3|eventbridge|ecr-upstream|secrets-manager)/|cli/import-command\\.ts$)',
      },
      { path: 'node_modules/@aws-sdk/', dependencyTypesNot: ['type-only'] },
    ),
    ...fenced('express', '^src/control-plane/express-app\\.ts$', '^src/control-plane/(admin|console)/'),
    ...fenced('express-static-gzip', '^src/control-plane/console/'),
    ...fenced('lmdb', '^src/adapters/lmdb/'),
    ...fenced('ioredis', '^src/adapters/redis/'),
    ...fenced('@aws-sdk/(client-s3|lib-storage|s3-request-presigner)', '^src/adapters/s3/'),
    ...fenced('@aws-sdk/client-secrets-manager', '^src/adapters/secrets-manager/'),
    ...fenced('@aws-sdk/client-sts', '^src/(adapters/ecr-upstream|console/session)/', '^src/control-plane/services/'),
    error(
      'secrets-come-from-secrets-manager-only',
      { path: '^src/adapters/secrets-manager/' },
      { path: 'node_modules/@aws-sdk/', pathNot: 'node_modules/@aws-sdk/client-secrets-manager/' },
    ),
    error(
      'blobs-speak-to-s3-only',
      { path: '^src/adapters/s3/' },
      {
        path: 'node_modules/@aws-sdk/',
        pathNot: 'node_modules/@aws-sdk/(client-s3|lib-storage|s3-request-presigner)/',
      },
    ),
    ...fenced('@aws-sdk/client-eventbridge', '^src/adapters/eventbridge/'),
    ...fenced('jose', '^src/access/web-identity\\.ts$'),
    ...fenced('undici', '^src/adapters/(upstream|peer)/'),
    ...fenced('@peculiar/x509', '^src/adapters/x509/'),
    ...fenced('modern-tar', '^src/(adapters/scanner|transfer)/'),
    ...fenced('tldts', '^src/adapters/upstream/'),
    ...fenced('ipaddr.js', '^src/adapters/upstream/'),
    ...fenced('pino(-pretty)?', '^src/cli/process-log\\.ts$'),
    ...fenced('reflect-metadata', '^src/adapters/x509/'),
    ...fenced('jsonc-parser', '^src/(config/|access/repeated-member\\.ts$)'),
    ...fenced('@opentelemetry/api', '^src/adapters/opentelemetry/'),
    ...fenced('picocolors', '^src/(cli|demo)/'),
    ...fenced('leven', '^src/(cli/|access/known-actions\\.ts$)'),
    ...fenced('ajv', '^src/(smithy/|config/)'),
    ...fenced('@smithy/protocol-http', '^src/control-plane/(protocols/|[^/]+\\.ts$)'),
    ...fenced('(aws4|@types/aws4)', '^src/adapters/peer/signed-peer-request\\.ts$'),
    ...fenced('testcontainers', '^src/library/integrations/testcontainers\\.ts$'),
    error(
      'vitest-for-types-only',
      { path: '^src/' },
      { path: 'node_modules/(@?vitest|jest)/', dependencyTypesNot: ['type-only'] },
    ),
    // A generated module's types: the module itself is what is imported.
    error(
      'what-nobody-starts-is-gone',
      { path: '^src/(ecr-local\\.cts|console/main\\.tsx|library/(ecr-local|integrations/[^/]+)\\.ts)$' },
      {
        path: '^src/',
        pathNot: '\\.d\\.ts$|^src/(ecr-local\\.cts|console/main\\.tsx|library/(ecr-local|integrations/[^/]+)\\.ts)$',
        reachable: false,
      },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
