import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const depcruise = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

interface Summary {
  totalCruised: number
  violations: { from: string; rule: { name: string } }[]
}

function cruise(cwd: string): Promise<Summary> {
  const args = [depcruise, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json']
  return new Promise((resolve, reject) => {
    // Violations only set the exit status; when dependency-cruiser itself fails, there is no JSON to parse.
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) => {
      try {
        resolve((JSON.parse(stdout) as { summary: Summary }).summary)
      } catch {
        reject(new Error(stderr))
      }
    })
  })
}

/** Files with a forbidden import, and the rule that must report each of them. */
const trespassers = [
  ['registry/trespasser-a.ts', "import '../smithy/validate.js'", 'registry-sits-on-coordination'],
  ['registry/trespasser-b.ts', "import 'node:fs'", 'registry-does-no-io'],
  ['registry/trespasser-c.ts', "import 'lru-cache'", 'registry-does-no-io'],
  ['registry/trespasser-d.ts', "import '../coordination/leases/leases.js'", 'registry-sits-on-coordination'],
  ['coordination/trespasser.ts', "import '../registry/images/image.js'", 'coordination-sits-on-ports'],
  ['store/trespasser.ts', "import '../upkeep/stored-pins.js'", 'store-sits-on-registry'],
  ['background/trespasser.ts', "import '../store/store-of.js'", 'background-sits-on-registry'],
  ['transfer/trespasser.ts', "import '../store/store-of.js'", 'transfer-sits-on-upkeep'],
  ['upkeep/trespasser.ts', "import '../store/store-of.js'", 'upkeep-sits-on-registry'],
  ['pull-through-cache/trespasser.ts', "import '../server/limits.js'", 'pull-through-cache-sits-on-registry'],
  ['control-plane/trespasser-p.ts', "import '../pull-through-cache/pulls.js'", 'control-plane-imports-through-a-port'],
  ['data-plane/trespasser-s.ts', "import '../store/store-of.js'", 'planes-see-no-adapters-and-no-process'],
  ['sigv4/trespasser.ts', "import '../registry/registry.js'", 'libraries-import-only-themselves'],
  ['sigv4/trespasser-aws4.ts', "import 'aws4'", '(aws4|@types/aws4)-is-fenced'],
  ['access/trespasser.ts', "import '../smithy/validate.js'", 'access-sits-on-registry-and-iam'],
  ['adapters/memory/trespasser.ts', "import '../system/random-ids.js'", 'adapters-implement-ports'],
  ['control-plane/trespasser-a.ts', "import '../data-plane/server.js'", 'planes-are-strangers'],
  ['data-plane/trespasser-b.ts', "import '../adapters/system/random-ids.js'", 'planes-see-no-adapters-and-no-process'],
  ['data-plane/trespasser-c.ts', "import '../config/config.js'", 'planes-see-no-adapters-and-no-process'],
  ['control-plane/trespasser-seed.ts', "import '../seed/seeder.js'", 'planes-see-no-adapters-and-no-process'],
  ['seed/trespasser.ts', "import '../store/store-of.js'", 'seed-calls-the-api'],
  ['control-plane/trespasser-x.ts', "import '../compose/tls.js'", 'planes-see-no-adapters-and-no-process'],
  ['compose/trespasser.ts', "import '@peculiar/x509'", '@peculiar/x509-is-fenced'],
  ['compose/trespasser-sm.ts', "import '@aws-sdk/client-secrets-manager'", '@aws-sdk/client-secrets-manager-is-fenced'],
  ['adapters/secrets-manager/trespasser.ts', "import '@aws-sdk/client-ecr'", 'secrets-come-from-secrets-manager-only'],
  ['adapters/upstream/trespasser-sts.ts', "import '@aws-sdk/client-sts'", '@aws-sdk/client-sts-is-fenced'],
  ['console/trespasser-a.ts', "import '../smithy/validate.js'", 'console-is-a-customer'],
  [
    'console/trespasser-b.ts',
    "import type { Store } from '../store/store-of.js'",
    'console-takes-answers-of-admin-endpoints',
  ],
  ['cli/trespasser-c.ts', "import '../console/requests/request-failure.js'", 'console-is-bundled-apart'],
  ['cli/trespasser.ts', "import '../adapters/system/random-ids.js'", 'only-compose-knows-adapters'],
  ['control-plane/services/ecr/trespasser-a.ts', "import '../../handle.js'", 'services-know-nothing-of-http'],
  ['control-plane/services/ecr/operations/trespasser-b.ts', "import 'node:http'", 'services-know-nothing-of-http'],
  [
    'control-plane/services/sts/trespasser-c.ts',
    "import '../../protocols/aws-query.js'",
    'services-know-nothing-of-http',
  ],
  ['control-plane/services/iam/trespasser-d.ts', "import '@smithy/protocol-http'", 'services-know-nothing-of-http'],
  ['control-plane/services/sts/trespasser-e.ts', "import '../ecr/ecr.js'", 'services-do-not-import-each-other'],
  [
    'control-plane/services/sts/operations/trespasser-f.ts',
    "import './get-session-token.js'",
    'only-tables-import-operations',
  ],
  ['control-plane/trespasser-g.ts', "import './services/iam/operations/get-role.js'", 'only-tables-import-operations'],
  ['control-plane/protocols/trespasser.ts', "import '../services/services.js'", 'protocols-know-no-service'],
  ['control-plane/trespasser-l.ts', "import '../localstack/init-scripts.js'", 'planes-run-no-scripts'],
  ['localstack/trespasser.ts', "import '../registry/registry.js'", 'localstack-is-no-part-of-ecr'],
  ['demo/trespasser.ts', "import '../registry/registry.js'", 'demo-is-a-customer'],
  ['library/trespasser.ts', "import '../control-plane/server.js'", 'library-sits-on-compose'],
  ['control-plane/trespasser-d.ts', "import '@aws-sdk/client-ecr'", 'sdk-for-types-only'],
  ['data-plane/trespasser-e.ts', "import 'express'", 'express-is-fenced'],
  ['data-plane/trespasser-z.ts', "import 'express-static-gzip'", 'express-static-gzip-is-fenced'],
  ['data-plane/trespasser-f.ts', "import 'lmdb'", 'lmdb-is-fenced'],
  ['data-plane/trespasser-g.ts', "import 'undici'", 'undici-is-fenced'],
  ['data-plane/trespasser-h.ts', "import 'pino'", 'pino(-pretty)?-is-fenced'],
  ['data-plane/trespasser-n.ts', "import 'jsonc-parser'", 'jsonc-parser-is-fenced'],
  ['compose/trespasser-p.ts', "import 'reflect-metadata'", 'reflect-metadata-is-fenced'],
  ['data-plane/trespasser-o.ts', "import '@opentelemetry/api'", '@opentelemetry/api-is-fenced'],
  ['server/trespasser.ts', "import '../access/token.js'", 'server-sits-on-registry'],
  ['access/trespasser-jose.ts', "import 'jose'", 'jose-is-fenced'],
  ['background/trespasser-events.ts', "import '@aws-sdk/client-eventbridge'", '@aws-sdk/client-eventbridge-is-fenced'],
  ['data-plane/trespasser-i.ts', "import 'ajv'", 'ajv-is-fenced'],
  ['data-plane/trespasser-j.ts', "import '@smithy/protocol-http'", '@smithy/protocol-http-is-fenced'],
  ['library/trespasser-t.ts', "import 'testcontainers'", 'testcontainers-is-fenced'],
  ['library/integrations/trespasser.ts', "import 'vitest'", 'vitest-for-types-only'],
  ['smithy/trespasser-l.ts', "export * from './trespasser-l.js'", 'no-cycles'],
  ['smithy/trespasser-m.ts', 'export const nobody = 1', 'what-nobody-starts-is-gone'],
] as const

it('Every import in the sources obeys the import rules', async () => {
  const { totalCruised, violations } = await cruise(root)
  expect(violations.map(({ from, rule }) => `${rule.name}: ${from}`)).toEqual([])
  expect(totalCruised).toBeGreaterThan(60)
})

describe('Forbidden imports in a copy of the sources', () => {
  const copy = mkdtempSync(join(tmpdir(), 'ecr-local-boundaries-'))
  let summary: Summary
  afterAll(() => rmSync(copy, { recursive: true }))

  beforeAll(async () => {
    for (const name of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
      cpSync(join(root, name), join(copy, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    for (const [path, text] of trespassers) {
      mkdirSync(dirname(join(copy, 'src', path)), { recursive: true })
      writeFileSync(join(copy, 'src', path), `${text}\n`)
    }
    summary = await cruise(copy)
  })

  it.each(trespassers)('%s (%s) is reported by the rule %s', (path, _text, rule) => {
    const reported = summary.violations.filter(({ from }) => from === `src/${path}`)
    expect(reported.map((violation) => violation.rule.name)).toContain(rule)
  })
})
