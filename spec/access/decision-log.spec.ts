import { describe, expect, it } from 'vitest'
import { decisionLog, type MadeDecision, type RequestEnd } from '../../src/access/decision-log.js'
import { evaluate } from '../../src/iam/evaluate.js'
import { parsePolicy } from '../../src/iam/parse.js'

const question = {
  principal: { arn: 'arn:aws:iam::123456789012:user/dev', account: '123456789012' },
  ...{ action: 'ecr:PutImage', resource: '*', resourceAccount: '123456789012', conditions: {} },
}
const statement = { Effect: 'Allow', Action: '*', Resource: '*' }
const policies = {
  identity: [{ name: 'all', policy: parsePolicy({ Statement: statement }, 'identity') }],
  resource: [],
}
const made: MadeDecision = { question, policies, decision: evaluate(question, policies) }
const answered: RequestEnd = { at: 0, plane: 'control', operation: 'PutImage' }
const refused: RequestEnd = { ...answered, refusal: { code: 'AccessDeniedException', message: 'no' } }

/** Requests named after the order they came in. */
function endedRequests(count: number, log = decisionLog(), end = answered) {
  for (let n = 1; n <= count; n++) log.ended(`request ${n}`, end)
  return log
}

describe('the decision log', () => {
  it('keeps the decisions of a request in their order, and how it ended', () => {
    const log = decisionLog()
    const second = { ...made, question: { ...question, action: 'ecr:TagResource' } }
    log.decided('a', made)
    log.decided('b', made)
    log.decided('a', second)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [made, second] })
    log.ended('a', answered)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [made, second], end: answered })
    expect(log.find('c')).toBeUndefined()
  })

  it('knows a request that was refused before anything was decided', () => {
    const log = decisionLog()
    log.ended('a', refused)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [], end: refused })
  })

  it('remembers the last ten thousand requests, and no more', () => {
    const log = endedRequests(10_000)
    expect(log.find('request 1')).toBeDefined()
    log.ended('request 10001', answered)
    expect(log.find('request 1')).toBeUndefined()
    expect(log.find('request 2')).toBeDefined()
    expect(log.find('request 10001')).toBeDefined()
  })

  it('goes round more than once', () => {
    const log = endedRequests(25, decisionLog({ requests: 10, decisions: 100 }))
    const known = Array.from({ length: 30 }, (_, n) => n + 1).filter((n) => log.find(`request ${n}`))
    expect(known).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25])
  })

  it('takes an end that comes twice for one request', () => {
    const log = decisionLog({ requests: 2, decisions: 100 })
    endedRequests(2, log)
    log.ended('request 2', refused)
    expect(log.find('request 1')).toBeDefined()
    expect(log.find('request 2')?.end).toBe(refused)
  })

  it('forgets the oldest requests earlier where very many decisions were made', () => {
    const log = decisionLog({ requests: 10, decisions: 6 })
    for (const requestId of ['a', 'b', 'c']) for (let n = 0; n < 3; n++) log.decided(requestId, made)
    expect(log.find('a')).toBeUndefined()
    expect(log.find('b')?.decisions).toHaveLength(3)
    expect(log.find('c')?.decisions).toHaveLength(3)
  })

  it('keeps the request in hand whatever it takes', () => {
    const log = decisionLog({ requests: 10, decisions: 2 })
    for (let n = 0; n < 5; n++) log.decided('a', made)
    expect(log.find('a')?.decisions).toHaveLength(5)
    log.decided('b', made)
    expect([log.find('a'), log.find('b')?.decisions]).toEqual([undefined, [made]])
  })
})

describe('the latest refusals', () => {
  it('are the newest first, as many as asked for, without what was answered or is in hand', () => {
    const log = endedRequests(3, decisionLog(), refused)
    log.ended('answered', answered)
    log.decided('in hand', made)
    log.ended('last', refused)
    expect(log.latestRefused(3).map(({ requestId }) => requestId)).toEqual(['last', 'request 3', 'request 2'])
    expect(log.latestRefused(20)).toHaveLength(4)
  })

  it('leave out what is forgotten', () => {
    const log = endedRequests(7, decisionLog({ requests: 3, decisions: 100 }), refused)
    expect(log.latestRefused(20).map(({ requestId }) => requestId)).toEqual(['request 7', 'request 6', 'request 5'])
  })
})
