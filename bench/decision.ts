import { evaluate } from '../src/iam/evaluate.js'
import { parsePolicy } from '../src/iam/parse.js'
import { median } from './rounds.js'
import type { Extent, Section } from './section.js'
import type { Row } from './table.js'

const AIM_MICROSECONDS = 20
const DECISIONS_A_ROUND = 20_000

/**
 * The cost of a decision over ten policies of ten statements each, parsed in advance as in the planes. It measures the sources
 * that the benchmark was compiled with, not the build of `--main`: a bundle exports no `evaluate`.
 */
export const decision: Section = { name: 'decision', needs: [], measure }

function measure({ rounds }: Extent): Promise<Row[]> {
  const rows: Row[] = []
  for (const [name, question] of Object.entries(questions)) {
    const decide = () => evaluate(question, policies)
    if (!decide().allowed) throw new Error(`The ${name} question must be allowed`)
    rows.push(rowOf(name, measured(decide, rounds)))
  }
  return Promise.resolve(rows)
}

/** Microseconds per decision, for every round except the first, in which V8 compiles. */
function measured(decide: () => unknown, rounds: number): number[] {
  const times = []
  for (let round = 0; round <= rounds; round++) {
    const begun = performance.now()
    for (let n = 0; n < DECISIONS_A_ROUND; n++) decide()
    times.push(((performance.now() - begun) * 1000) / DECISIONS_A_ROUND)
  }
  return times.slice(1)
}

function rowOf(name: string, times: readonly number[]): Row {
  const [time, range] = [median(times), `${Math.min(...times).toFixed(1)}–${Math.max(...times).toFixed(1)}`]
  return {
    figure: `decision over 100 statements, ${name}`,
    ours: `${time.toFixed(1)} µs [${range}]`,
    theirs: '–',
    ratio: '–',
    aim: `< ${AIM_MICROSECONDS} µs`,
    met: time < AIM_MICROSECONDS,
  }
}

const repositories = 'arn:aws:ecr:us-east-1:111122223333:repository'

/**
 * The policy of one of ten teams: a guard against the wrong Region, eight permissions by name, pattern, tag and
 * address, and a rule.
 */
const documentOf = (team: number) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'OnlyOurRegions',
      Effect: 'Deny',
      NotAction: ['iam:*', 'sts:*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': ['us-east-1', 'eu-west-1'] } },
    },
    { Effect: 'Allow', Action: ['ecr:Describe*', 'ecr:List*'], Resource: `${repositories}/team-${team}/*` },
    { Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' },
    {
      Effect: 'Allow',
      Action: ['ecr:PutImage', 'ecr:*LayerUpload*'],
      Resource: `${repositories}/team-${team}/*/build-?`,
    },
    {
      Effect: 'Allow',
      Action: 'ecr:BatchDeleteImage',
      Resource: `${repositories}/*`,
      Condition: { StringEquals: { 'ecr:ResourceTag/team': '${aws:PrincipalTag/team}' } },
    },
    {
      Effect: 'Allow',
      Action: 'ecr:BatchGetImage',
      Resource: `${repositories}/team-${team}/\${aws:username}/*`,
      Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '2001:db8::/32'] } },
    },
    {
      Effect: 'Deny',
      Action: 'ecr:Delete*',
      Resource: '*',
      Condition: {
        Bool: { 'aws:SecureTransport': 'false' },
        DateGreaterThan: { 'aws:CurrentTime': '2027-01-01T00:00:00Z' },
      },
    },
    { Effect: 'Allow', Action: 'iam:PassRole', Resource: 'arn:aws:iam::111122223333:role/ecr-*' },
    {
      Effect: 'Allow',
      Action: ['ecr:TagResource', 'ecr:CreateRepository'],
      Resource: '*',
      Condition: { 'ForAllValues:StringLike': { 'aws:TagKeys': ['team', 'cost-*'] } },
    },
    {
      Effect: 'Allow',
      Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
      ...{
        Resource: `${repositories}/shared-${team}/*`,
        Condition: { StringLike: { 'aws:PrincipalArn': '*:user/*' } },
      },
    },
  ],
})

const policies = {
  identity: Array.from({ length: 10 }, (_, team) => ({
    name: `policy of team ${team}`,
    policy: parsePolicy(documentOf(team), 'identity'),
  })),
  resource: [],
}

/**
 * A pull of a shared image, allowed by the last statement of the fifth policy or, after all others have failed to
 * match, of the tenth.
 */
const pullOf = (repository: string) => ({
  principal: { arn: 'arn:aws:iam::111122223333:user/dev', account: '111122223333' },
  action: 'ecr:BatchGetImage',
  resource: `${repositories}/${repository}`,
  resourceAccount: '111122223333',
  conditions: {
    'aws:principalarn': 'arn:aws:iam::111122223333:user/dev',
    'aws:principaltag/team': 'platform',
    'aws:username': 'dev',
    'aws:sourceip': '10.1.2.3',
    'aws:securetransport': 'true',
    'aws:currenttime': '2026-01-02T03:04:05.678Z',
    'aws:requestedregion': 'us-east-1',
  },
})

const questions = { typical: pullOf('shared-4/app'), 'worst case': pullOf('shared-9/app') }
