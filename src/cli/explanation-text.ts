import picocolors from 'picocolors'
import type {
  ConsideredStatement,
  ExplainedDecision,
  ExplainedRequest,
  RefusedRequest,
  StatementPlace,
} from '../registry/ports/decision-source.js'

/** The emulator's answer about one request. */
export type Explanation = ExplainedRequest & Incomplete

/** Its answer if no request is named. */
export interface Refusals extends Incomplete {
  readonly refused: readonly RefusedRequest[]
}

/** Set if a part of the answer is missing: the reason. */
interface Incomplete {
  readonly incomplete?: string
}

type Colors = ReturnType<typeof picocolors.createColors>

/** A request as text: its outcome and, for each decision, the principal, the verdict, and what would change it. */
export function explanationText(request: Explanation, isColored: boolean): string {
  const colors = picocolors.createColors(isColored)
  const { requestId, at, plane, operation, outcome, hint, decisions, decisionsLeftOut, incomplete } = request
  const head = [colors.bold(escapeControls(operation ?? 'In hand')), plane && `${plane} plane`, at, requestId]
  const lines = [
    head.filter(Boolean).join('  '),
    ...outcomeLines(outcome, colors),
    ...hintLines(hint, colors),
    ...(decisions.length === 0 ? ['', 'Nothing was decided: no policy was evaluated.'] : []),
    ...decisions.flatMap((decision) => ['', ...decisionLines(decision, colors)]),
    ...(decisionsLeftOut === undefined ? [] : ['', `and ${decisionsLeftOut} more decisions, which were not recorded`]),
    ...incompleteLines(incomplete, colors),
  ]
  return `${lines.join('\n')}\n`
}

/** The latest refusals as text, newest first, and how to get one explained. */
export function refusalsText({ refused, incomplete }: Refusals, isColored: boolean): string {
  const colors = picocolors.createColors(isColored)
  const lines = refused.flatMap(({ requestId, at, operation, code, message, hint }) => [
    `${colors.bold(requestId)}  ${at}  ${escapeControls(operation)}  ${colors.red(escapeControls(code))}`,
    ...textLines(message, '  '),
    ...hintLines(hint, colors),
  ])
  const end =
    refused.length === 0 ? 'No request was refused.' : 'ecr-local explain <request id> says why; the newest come first.'
  return `${[...lines, ...(lines.length > 0 ? [''] : []), end, ...incompleteLines(incomplete, colors)].join('\n')}\n`
}

const hintLines = (hint: string | undefined, { yellow }: Colors): string[] =>
  hint === undefined ? [] : [`  ${yellow(escapeControls(hint))}`]

function outcomeLines(outcome: ExplainedRequest['outcome'], { green, red }: Colors): string[] {
  if (outcome === 'answered') return [`  ${green('answered')}`]
  if (outcome === 'in hand') return ['  not answered yet']
  return [`  ${red(`refused: ${escapeControls(outcome.code)}`)}`, ...textLines(outcome.message, '  ')]
}

function decisionLines(decision: ExplainedDecision, colors: Colors): string[] {
  const { action, resource, principal, considered, conditions, wouldChange, statementsToAdd, warnings } = decision
  const matched = considered.filter((statement) => statement.matched)
  return [
    `${verdictMark(decision, colors)} ${colors.bold(escapeControls(action))} on ${escapeControls(resource)}`,
    `  by ${escapeControls(principal)}`,
    `  ${verdict(decision)}`,
    ...block('Statements that match', matched.map(matchLine)),
    ...block('Statements that do not match, the nearest first', missLines(considered)),
    ...block('Condition keys they look at', Object.entries(conditions).map(valueLine)),
    ...block('What would change it', wouldChange.map(escapeControls)),
    ...statementsToAdd.flatMap(({ to, statement }) =>
      block(`To paste into ${escapeControls(to)}`, jsonLines(statement)),
    ),
    ...block('Hardly meant', warnings.map(escapeControls)),
  ]
}

const verdictMark = ({ allowed }: ExplainedDecision, { green, red }: Colors) => (allowed ? green('yes') : red('no'))

function verdict({ allowed, type, decidedBy }: ExplainedDecision): string {
  if (decidedBy) return `${allowed ? 'allowed' : 'denied'} by ${placeOf(decidedBy)}`
  return type === undefined ? '' : `no ${escapeControls(type)} allows it`
}

const matchLine = (statement: ConsideredStatement) =>
  `${statement.effect}  ${placeOf(statement)}${statement.decided ? ', which decided' : ''}`

/** Managed policies have many statements about unrelated actions. */
const MISSES_SHOWN = 10

/** Statements that do not match, with reasons. Those about this action that fail in a single respect come first. */
function missLines(considered: readonly ConsideredStatement[]): string[] {
  const misses = considered.filter(({ matched }) => !matched).sort((a, b) => distance(a) - distance(b))
  const hidden = misses.length - MISSES_SHOWN
  return [
    ...misses
      .slice(0, MISSES_SHOWN)
      .flatMap((statement) => [
        `${statement.effect}  ${placeOf(statement)}`,
        ...statement.because.map((reason) => `       ${escapeControls(reason)}`),
      ]),
    ...(hidden > 0 ? [`and ${hidden} more, see /_admin/explain`] : []),
  ]
}

/** A reason starts with the name of the element that did not match. */
const distance = ({ because }: ConsideredStatement) =>
  because.length + (because.some((reason) => reason.startsWith('Action ')) ? OTHER_ACTION : 0)
const OTHER_ACTION = 100

/** Statements are numbered from 1; the type is shown unless the policy's name contains it. */
function placeOf({ type, policy, sid, index }: StatementPlace): string {
  const kind = policy.includes(type) ? '' : ` (${type})`
  return escapeControls(`statement ${index + 1}${sid === undefined ? '' : ` (${sid})`} of ${policy}${kind}`)
}

function valueLine([key, value]: [string, string | readonly string[] | null]): string {
  return escapeControls(`${key}  ${value === null ? 'absent' : [value].flat().join(', ')}`)
}

const jsonLines = (value: object) => JSON.stringify(value, undefined, 2).split('\n').map(escapeControls)

const block = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)]

const incompleteLines = (incomplete: string | undefined, { yellow }: Colors) =>
  incomplete === undefined ? [] : ['', yellow(escapeControls(`Incomplete: ${incomplete}`))]

const textLines = (text: string, indent: string): string[] =>
  text === '' ? [] : text.split('\n').map((line) => indent + escapeControls(line))

/** Text from clients must not control the terminal: control and format characters are shown as escapes. */
const escapeControls = (text: string): string => text.replace(/\p{Cc}|\p{Cf}/gu, numbered)
const numbered = (character: string) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
