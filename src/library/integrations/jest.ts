import { type EcrLocal, startEcrLocal, type StartOptions } from '../ecr-local.js'

/** Jest promises its setup and its teardown nothing in common but the global object. */
const KEY = Symbol.for('ecr-local of this run of Jest')

/** What the setup leaves for the teardown. */
interface Run {
  readonly emulator: EcrLocal
  /** The variables that the setup has changed, as they were before. */
  readonly previous: readonly (readonly [name: string, value: string | undefined])[]
}

const runs = globalThis as { [KEY]?: Run }

/** A global setup of Jest with options; `ecr-local/jest/teardown` ends what it starts. */
export const ecrLocalSetup = (options?: StartOptions) => async (): Promise<void> => {
  const emulator = await startEcrLocal(options)
  const variables = variablesFor(emulator)
  runs[KEY] = { emulator, previous: Object.keys(variables).map((name) => [name, process.env[name]]) }
  Object.assign(process.env, variables)
}

/** An emulator that other services are already sent to keeps them; ECR has a variable of its own. */
const variablesFor = ({ env, endpoint }: EcrLocal): Readonly<Record<string, string>> => ({
  ...env,
  AWS_ENDPOINT_URL: process.env.AWS_ENDPOINT_URL ?? endpoint,
  AWS_ENDPOINT_URL_ECR: endpoint,
})

/**
 * The global setup without options: `"globalSetup": "ecr-local/jest"`. It sets the variables that lead AWS's clients to
 * the emulator, and Jest passes them to the workers, which it starts later.
 */
export default ecrLocalSetup()

/** Stops the emulator and restores the variables. After a setup that failed there is nothing to do. */
export async function ecrLocalTeardown(): Promise<void> {
  const run = runs[KEY]
  if (!run) return
  delete runs[KEY]
  for (const [name, value] of run.previous) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  await run.emulator.stop()
}
