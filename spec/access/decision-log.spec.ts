import { describe, expect, it } from 'vitest'
import { decisionLog, type RecordedDecision, type RequestEnd } from '../../src/access/explain/decision-log.js'
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
const made: RecordedDecision = { question, policies, decision: evaluate(question, policies) }
const other = { ...question, resourceAccount: '444455556666' }
const denied: RecordedDecision = { question: other, policies, decision: evaluate(other, policies) }
const answered: RequestEnd = { at: 0, plane: 'control', operation: 'PutImage' }
const refused: RequestEnd = { ...answered, refusal: { code: 'AccessDeniedException', message: 'no' } }

/** Logs the end of `count` requests, named after their order. */
function endedRequests(count: number, log = decisionLog(), end = answered) {
  for (let n = 1; n <= count; n++) log.ended(`request ${n}`, end)
  return log
}

describe('The decision log', () => {
  it('The decision log keeps the decisions of a request in their order, and how the request ended', () => {
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

  it('The decision log knows a request that was refused before any decision was made', () => {
    const log = decisionLog()
    log.ended('a', refused)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [], end: refused })
  })

  it('The decision log keeps the last ten thousand requests and no more', () => {
    const log = endedRequests(10_000)
    expect(log.find('request 1')).toBeDefined()
    log.ended('request 10001', answered)
    expect(log.find('request 1')).toBeUndefined()
    expect(log.find('request 2')).toBeDefined()
    expect(log.find('request 10001')).toBeDefined()
  })

  it('The decision log keeps the newest requests after its buffer has wrapped around more than once', () => {
    const log = endedRequests(25, decisionLog({ requests: 10, decisionsEach: 100 }))
    const known = Array.from({ length: 30 }, (_, n) => n + 1).filter((n) => log.find(`request ${n}`))
    expect(known).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25])
  })

  it('A request that ends twice takes up one entry in the decision log, with the later end', () => {
    const log = decisionLog({ requests: 2, decisionsEach: 100 })
    endedRequests(2, log)
    log.ended('request 2', refused)
    expect(log.find('request 1')).toBeDefined()
    expect(log.find('request 2')?.end).toEqual(refused)
  })

  it('The decision log keeps a limited number of decisions per request and counts those it leaves out', () => {
    const log = decisionLog({ requests: 10, decisionsEach: 3 })
    log.decided('before', made)
    for (let n = 0; n < 5; n++) log.decided('a', made)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [made, made, made], leftOut: 2 })
    expect(log.find('before')).toEqual({ requestId: 'before', decisions: [made] })
  })

  it('The decision log prefers denials to grants when it leaves out decisions, and keeps their order', () => {
    const log = decisionLog({ requests: 10, decisionsEach: 2 })
    for (const decision of [made, made, denied, made]) log.decided('a', decision)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [made, denied], leftOut: 2 })
    for (const decision of [denied, denied]) log.decided('a', decision)
    expect(log.find('a')).toEqual({ requestId: 'a', decisions: [denied, denied], leftOut: 4 })
  })

  it('The decision log holds ten thousand requests of twenty decisions each', () => {
    const log = decisionLog()
    for (let n = 1; n <= 10_000; n++) for (let times = 0; times < 20; times++) log.decided(`request ${n}`, made)
    expect(log.find('request 1')).toEqual({ requestId: 'request 1', decisions: Array(20).fill(made) })
  })

  it('The decision log truncates an operation and a message of any length sent by a client', () => {
    const log = decisionLog()
    const long = 'x'.repeat(20_000)
    log.ended('a', { ...refused, operation: `GET /${long}`, refusal: { code: 'NAME_INVALID', message: long } })
    const { operation, refusal } = log.find('a')!.end!
    expect([operation.length, refusal?.message.length]).toEqual([2049, 2049])
    expect(operation).toMatch(/^GET \/x+…$/)
  })

  it.each([
    [
      "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=sEcReT/a\nb",
      "Authorization header requires 'Signature' parameter. Authorization=(not kept)",
    ],
    [
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'sE/cReT/20260102'",
      'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got (not kept)',
    ],
  ])('The decision log redacts credentials that a refusal repeats: %s', (message, kept) => {
    const log = decisionLog()
    log.ended('a', { ...answered, refusal: { code: 'IncompleteSignatureException', message } })
    expect(log.find('a')?.end?.refusal).toEqual({ code: 'IncompleteSignatureException', message: kept })
  })
})

describe('The latest refusals', () => {
  const idsIn = (log: ReturnType<typeof decisionLog>) => log.latestRefused(20).map(({ requestId }) => requestId)
  const endedWith = (code: string, rest: Partial<RequestEnd> = {}): RequestEnd => ({
    ...{ ...answered, refusal: { code, message: '' } },
    ...rest,
  })

  it('The latest refusals come newest first, up to the number asked for, without granted or unfinished requests', () => {
    const log = endedRequests(3, decisionLog(), refused)
    log.ended('answered', answered)
    log.decided('in hand', denied)
    log.ended('last', refused)
    expect(log.latestRefused(3).map(({ requestId }) => requestId)).toEqual(['last', 'request 3', 'request 2'])
    expect(log.latestRefused(20)).toHaveLength(4)
  })

  it('The latest refusals leave out requests that the log has dropped', () => {
    const log = endedRequests(7, decisionLog({ requests: 3, decisionsEach: 100 }), refused)
    expect(idsIn(log)).toEqual(['request 7', 'request 6', 'request 5'])
  })

  it('The latest refusals include a refused request with a denial among its decisions, whatever its error code', () => {
    const log = decisionLog()
    for (const requestId of ['not found', 'not allowed to import', 'uploaded, not mounted'])
      log.decided(requestId, made)
    log.decided('not allowed to import', denied)
    log.decided('uploaded, not mounted', denied)
    log.ended('not found', endedWith('NAME_UNKNOWN'))
    log.ended('not allowed to import', endedWith('NAME_UNKNOWN'))
    log.ended('uploaded, not mounted', answered)
    expect(idsIn(log)).toEqual(['not allowed to import'])
  })

  it.each([
    ...['IncompleteSignatureException', 'InvalidSignatureException', 'UnrecognizedClientException'],
    ...['ExpiredTokenException', 'AccessDeniedException', 'UNAUTHORIZED', 'DENIED'],
  ])('The latest refusals include a request whose credentials or permissions are rejected with %s', (code) => {
    const log = decisionLog()
    log.ended('a', endedWith(code))
    expect(idsIn(log)).toEqual(['a'])
  })

  it('The latest refusals leave out challenges and errors that have nothing to do with permissions', () => {
    const log = decisionLog()
    log.ended('a', endedWith('UNAUTHORIZED', { isChallenge: true }))
    const others = ['MissingAuthenticationTokenException', 'NAME_UNKNOWN', 'UnknownOperationException', 'NAME_INVALID']
    for (const code of others) log.ended(code, endedWith(code))
    log.decided('upstream', made)
    log.ended('upstream', endedWith('DENIED'))
    expect(idsIn(log)).toEqual([])
  })
})
