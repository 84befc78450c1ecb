import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Specs that take from half a minute to minutes, the longest first. */
const LONG = [
  'clients/compose',
  'robustness/faults/faults',
  'robustness/kill-nine',
  'main/many-planes',
  'clients/pull-through',
  'clients/permissions',
  'adapters/redis/failover',
  'adapters/redis/away',
  'adapters/s3/faults',
  'clients/sts',
  'clients/signers',
  'clients/freshness',
  'clients/aws-cli',
  'contracts/store-redis',
  'main/round-trips',
  'clients/push',
  'robustness/garbage-soak',
  'main/storage',
]

/** Starts the longest specs first, so that none of them runs alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/spec/${name}.spec.ts`))
      return index < 0 ? LONG.length : index
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
