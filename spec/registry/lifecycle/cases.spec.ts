import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { acceptLifecyclePolicy } from '../../../src/registry/lifecycle/accept-lifecycle-policy.js'
import { type LifecycleAction, lifecycleEvaluation } from '../../../src/registry/lifecycle/evaluation.js'
import { rulesIn } from '../../../src/registry/lifecycle/lifecycle-rule.js'
import type { LifecycleImage } from '../../../src/registry/lifecycle/rule-selection.js'

/** A case in one of the files in `cases`. */
interface Case {
  /** What the case tests, as a sentence. */
  readonly reason: string
  /**
   * "<priority> <selection> <criterion> <action>": `untagged`, `any`, `pattern=a*,b*` or `prefix=a,b`, with `@archive`
   * for archived images; `count>`, or the days since `pushed>`, `pulled>` or `archived>`; `expire` or `archive`.
   */
  readonly rules: readonly string[]
  /**
   * "<digest> tags=a,b pushed=<days ago> pulled=… archived=… restored=… restoring subject=… lists=…", in any order.
   * Days may have milliseconds added: 14+1.
   */
  readonly images: readonly string[]
  /** What the policy does, in its order. */
  readonly does: readonly string[]
}

const NOW = new Date('2026-11-30T02:03:04.005Z')
const DAY_MS = 86_400_000
const CASES = new URL('./cases/', import.meta.url)

const COUNT_TYPES: Readonly<Record<string, string>> = {
  count: 'imageCountMoreThan',
  pushed: 'sinceImagePushed',
  pulled: 'sinceImagePulled',
  archived: 'sinceImageTransitioned',
}

function ruleOf(text: string): object {
  const [, priority, selection = '', isArchive, criterion = '', count, action] =
    /^(\d+) (\S*?)(@archive)? (\w+)>(\d+) (expire|archive)$/.exec(text) ?? []
  const [kind, list] = selection.split('=')
  const tags = list?.split(',')
  return {
    rulePriority: Number(priority),
    selection: {
      tagStatus: tags ? 'tagged' : kind,
      ...(tags && { [kind === 'prefix' ? 'tagPrefixList' : 'tagPatternList']: tags }),
      ...(isArchive && { storageClass: 'archive' }),
      countType: COUNT_TYPES[criterion],
      ...(criterion !== 'count' && { countUnit: 'days' }),
      countNumber: Number(count),
    },
    action: action === 'expire' ? { type: 'expire' } : { type: 'transition', targetStorageClass: 'archive' },
  }
}

/** The time that lies this many days, and perhaps milliseconds, before now. */
function timeOf(text: string): number {
  const [, days, milliseconds = '0'] = /^(-?\d+)([+-]\d+)?$/.exec(text) ?? []
  return NOW.getTime() - Number(days) * DAY_MS - Number(milliseconds)
}

function imageOf(text: string): LifecycleImage & { lists: string[] } {
  const [digest = '', ...members] = text.split(' ')
  const facts = Object.fromEntries(members.map((member) => member.split('=') as [string, string]))
  const time = (name: string) => (facts[name] === undefined ? undefined : timeOf(facts[name]))
  const [pulled, archivedAt, restored] = [time('pulled'), time('archived'), time('restored')]
  const activeFrom = 'restoring' in facts ? NOW.getTime() + 60_000 : restored
  const isArchivedAgain = archivedAt !== undefined && restored !== undefined && archivedAt > restored
  return {
    digest,
    tags: facts.tags?.split(',') ?? [],
    pushedAt: time('pushed') ?? NaN,
    lists: facts.lists?.split(',') ?? [],
    ...(pulled !== undefined && { lastPulledAt: pulled }),
    ...(facts.subject !== undefined && { subject: facts.subject }),
    ...(archivedAt !== undefined && {
      archive: {
        archivedAt,
        ...(activeFrom !== undefined && !isArchivedAgain && { activeFrom }),
        ...(isArchivedAgain && { previouslyActiveFrom: restored }),
      },
    }),
  }
}

const sentence = ({ digest, type, rulePriority, followers }: LifecycleAction) =>
  `${digest} ${type === 'expire' ? 'expires' : 'is archived'} by ${rulePriority}` +
  (followers.length > 0 ? ` with ${followers.join(',')}` : '')

const files = readdirSync(CASES)
const casesIn = (file: string) => JSON.parse(readFileSync(new URL(file, CASES), 'utf8')) as Case[]

describe.each(files)('%s', (file) => {
  test.each(casesIn(file))('$reason', async ({ rules, images, does }) => {
    const policy = acceptLifecyclePolicy(JSON.stringify({ rules: rules.map(ruleOf) }))
    const evaluation = lifecycleEvaluation(rulesIn(policy), NOW)
    const parsed = images.map(imageOf)
    for (const image of parsed) evaluation.add(image)
    for (const { digest, lists } of parsed) for (const member of lists) evaluation.addMember(digest, member)
    expect((await evaluation.actions()).map(sentence)).toEqual(does)
  })
})

test('There are at least 120 cases, each with a reason of its own in its file', () => {
  expect(files.flatMap(casesIn).length).toBeGreaterThanOrEqual(120)
  for (const file of files) {
    const reasons = casesIn(file).map(({ reason }) => reason)
    expect(new Set(reasons).size, file).toBe(reasons.length)
  }
})
