// What a runner of GitHub Actions gives an action and takes from it, by files and variables:
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'

/** A mistake in the workflow or a start that failed: shown as one line, and the step fails. */
export class ActionError extends Error {}

/** An input of the action, trimmed; empty if it was not given. */
export const input = (name) => (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim()

/** What `start.js` saved for `stop.js`; undefined if it did not come that far. */
export const stateOf = (name) => process.env[`STATE_${name}`] || undefined

/** Makes values outputs of the step. */
export const setOutputs = (values) => append('GITHUB_OUTPUT', values)

/** Sets environment variables for the steps that follow. */
export const exportVariables = (values) => append('GITHUB_ENV', values)

/** Saves values for `stop.js`. */
export const saveState = (values) => append('GITHUB_STATE', values)

/** Runs the action; an error becomes an annotation of the workflow, with a stack only if it is a fault of the action. */
export async function run(action) {
  try {
    await action()
  } catch (error) {
    const text = error instanceof ActionError ? error.message : (error.stack ?? String(error))
    process.stdout.write(`::error title=ecr-local::${escapeData(text)}\n`)
    process.exitCode = 1
  }
}

/** A delimiter that no value contains lets values have several lines. */
function append(file, values) {
  const path = process.env[file]
  if (!path) throw new ActionError(`${file} is not set: this is run by a runner of GitHub Actions`)
  const delimiter = `ecr-local-${randomUUID()}`
  const lines = Object.entries(values).map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
  appendFileSync(path, lines.join(''))
}

const escapeData = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
