import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Specs that take from ten seconds to minutes, the longest first. */
const LONG = [
  'clients/containers',
  'robustness/faults/faults',
  'main/many-planes',
  'robustness/kill-nine',
  'architecture/boundaries',
  'main/export-import',
  'adapters/redis/reconnect',
  'adapters/redis/failover',
  'adapters/s3/faults',
  'main/examples',
  'main/package',
  'clients/signers',
  'main/tls',
  'console/browser-boundaries',
  'console/accessibility',
  'console/sign-in',
  'console/images',
  'console/pull-through-cache',
  'console/repositories',
  'console/activity',
  'main/statistics',
  'adapters/redis/unavailable',
  'clients/terraform',
  'contracts/store-redis',
  'clients/aws-cli-operations',
  'main/round-trips',
  'robustness/garbage-soak',
  'main/lifecycle',
  'console/lifecycle-why-and-clock',
  'console/registry-features',
  'console/guide-procedures',
  'main/activity',
  'clients/one-port',
  'clients/pull-through',
  'clients/permissions',
  'clients/creation-templates',
  'clients/boto3',
  'data-plane/store-unavailable',
  'main/replication',
  'main/scanning',
  'main/storage',
  'clients/freshness',
  'clients/aws-cli',
  'clients/push',
  'clients/sts',
]

/**
 * Starts the longest specs first, so that none of them runs alone at the end. Those with a process of their own come
 * before all others, because a process that is shared ends when the next file is not for it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/spec/${name}.spec.ts`))
      return (project.config.isolate ? 0 : LONG.length + 1) + (index < 0 ? LONG.length : index)
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
