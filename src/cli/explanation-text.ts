import picocolors from 'picocolors'
import type {
  ConsideredStatement,
  ExplainedDecision,
  ExplainedRequest,
  RefusedRequest,
  StatementPlace,
} from '../registry/ports/decision-source.js'

/** What the emulator answers about one request. */
export type Explanation = ExplainedRequest & Incomplete

/** What it answers where no request is named. */
export interface Refusals extends Incomplete {
  readonly refused: readonly RefusedRequest[]
}

/** Set where a half of the answer is missing: why. */
interface Incomplete {
  readonly incomplete?: string
}

type Colors = ReturnType<typeof picocolors.createColors>

/** A request for people: what became of it and, decision by decision, who asked, what came of it, and what would change it. */
export function explanationText(request: Explanation, isColored: boolean): string {
  const colors = picocolors.createColors(isColored)
  const { requestId, at, plane, operation, outcome, hint, decisions, decisionsLeftOut, incomplete } = request
  const head = [colors.bold(shown(operation ?? 'In hand')), plane && `${plane} plane`, at, requestId]
  const lines = [
    head.filter(Boolean).join('  '),
    ...outcomeLines(outcome, colors),
    ...hintLines(hint, colors),
    ...(decisions.length === 0 ? ['', 'Nothing was decided: no policy was asked anything.'] : []),
    ...decisions.flatMap((decision) => ['', ...decisionLines(decision, colors)]),
    ...(decisionsLeftOut === undefined ? [] : ['', `and ${decisionsLeftOut} more decisions, which are not remembered`]),
    ...incompleteLines(incomplete, colors),
  ]
  return `${lines.join('\n')}\n`
}

/** The latest refusals for people, newest first, and how to ask about one. */
export function refusalsText({ refused, incomplete }: Refusals, isColored: boolean): string {
  const colors = picocolors.createColors(isColored)
  const lines = refused.flatMap(({ requestId, at, operation, code, message, hint }) => [
    `${colors.bold(requestId)}  ${at}  ${shown(operation)}  ${colors.red(shown(code))}`,
    ...textLines(message, '  '),
    ...hintLines(hint, colors),
  ])
  const end =
    refused.length === 0 ? 'No request was refused.' : 'ecr-local explain <request id> says why; the newest come first.'
  return `${[...lines, ...(lines.length > 0 ? [''] : []), end, ...incompleteLines(incomplete, colors)].join('\n')}\n`
}

const hintLines = (hint: string | undefined, { yellow }: Colors): string[] =>
  hint === undefined ? [] : [`  ${yellow(shown(hint))}`]

function outcomeLines(outcome: ExplainedRequest['outcome'], { green, red }: Colors): string[] {
  if (outcome === 'answered') return [`  ${green('answered')}`]
  if (outcome === 'in hand') return ['  not answered yet']
  return [`  ${red(`refused: ${shown(outcome.code)}`)}`, ...textLines(outcome.message, '  ')]
}

function decisionLines(decision: ExplainedDecision, colors: Colors): string[] {
  const { action, resource, principal, considered, conditions, wouldChange, statementsToAdd, warnings } = decision
  const matched = considered.filter((statement) => statement.matched)
  return [
    `${verdictMark(decision, colors)} ${colors.bold(shown(action))} on ${shown(resource)}`,
    `  by ${shown(principal)}`,
    `  ${verdict(decision)}`,
    ...block('Statements that match', matched.map(matchLine)),
    ...block('Statements that do not match, the nearest first', missLines(considered)),
    ...block('Condition keys they look at', Object.entries(conditions).map(valueLine)),
    ...block('What would change it', wouldChange.map(shown)),
    ...statementsToAdd.flatMap(({ to, statement }) => block(`To paste into ${shown(to)}`, jsonLines(statement))),
    ...block('Hardly meant', warnings.map(shown)),
  ]
}

const verdictMark = ({ allowed }: ExplainedDecision, { green, red }: Colors) => (allowed ? green('yes') : red('no'))

function verdict({ allowed, type, decidedBy }: ExplainedDecision): string {
  if (decidedBy) return `${allowed ? 'allowed' : 'denied'} by ${placeOf(decidedBy)}`
  return type === undefined ? '' : `no ${shown(type)} allows it`
}

const matchLine = (statement: ConsideredStatement) =>
  `${statement.effect}  ${placeOf(statement)}${statement.decided ? ', which decided' : ''}`

/** Managed policies have many statements that are about something else altogether. */
const MISSES_SHOWN = 10

/** The places, and why they do not match: what is about this action and fails in one respect only comes first. */
function missLines(considered: readonly ConsideredStatement[]): string[] {
  const misses = considered.filter(({ matched }) => !matched).sort((a, b) => distance(a) - distance(b))
  const hidden = misses.length - MISSES_SHOWN
  return [
    ...misses
      .slice(0, MISSES_SHOWN)
      .flatMap((statement) => [
        `${statement.effect}  ${placeOf(statement)}`,
        ...statement.because.map((reason) => `       ${shown(reason)}`),
      ]),
    ...(hidden > 0 ? [`and ${hidden} more, which /_admin/explain tells`] : []),
  ]
}

/** Every reason begins with the element that failed. */
const distance = ({ because }: ConsideredStatement) =>
  because.length + (because.some((reason) => reason.startsWith('Action ')) ? OTHER_ACTION : 0)
const OTHER_ACTION = 100

/** Policies are counted from 1 for people; a policy whose name says what kind it is needs no more. */
function placeOf({ type, policy, sid, index }: StatementPlace): string {
  const kind = policy.includes(type) ? '' : ` (${type})`
  return shown(`statement ${index + 1}${sid === undefined ? '' : ` (${sid})`} of ${policy}${kind}`)
}

function valueLine([key, value]: [string, string | readonly string[] | null]): string {
  return shown(`${key}  ${value === null ? 'absent' : [value].flat().join(', ')}`)
}

const jsonLines = (value: object) => JSON.stringify(value, undefined, 2).split('\n').map(shown)

const block = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]

const incompleteLines = (incomplete: string | undefined, { yellow }: Colors) =>
  incomplete === undefined ? [] : ['', yellow(shown(`Not all of it: ${incomplete}`))]

const textLines = (text: string, indent: string): string[] =>
  text === '' ? [] : text.split('\n').map((line) => indent + shown(line))

/** What clients sent must not command the terminal: control and format characters are shown by their number. */
const shown = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, numbered)
const numbered = (character: string) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
