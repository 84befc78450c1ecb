import { emulatorProcess, type EmulatorOptions, type EmulatorProcess } from './emulator-process.js'
import { type OpenBrowser, openBrowser, signIn, type SignIn, type Tab } from './browser.js'

/** The real program and a browser, for the specs of one page of the console. */
export interface ConsoleEmulator extends AsyncDisposable {
  readonly emulator: EmulatorProcess
  /** The address of a page of the registry; the path is below the account and the Region. */
  addressOf(path: string): string
  /** Opens a page of the registry in a tab of its own, signed in. */
  open(path: string, as?: SignIn): Promise<Tab>
}

/** The account of the registry that the specs of the console open. */
export const consoleAccount = '123456789012'

/** A user who may read everything and change nothing; the other one, with the key `test`, may do everything. */
export const reader: Required<SignIn> = { accessKeyId: 'READER', secretAccessKey: 'reader' }

const allowing = (...Action: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
})

const accounts = {
  [consoleAccount]: {
    users: {
      admin: { accessKeys: { test: 'test' }, policies: [allowing('*')] },
      reader: {
        accessKeys: { [reader.accessKeyId]: reader.secretAccessKey },
        policies: [allowing('ecr:Describe*', 'ecr:Get*', 'ecr:List*', 'ecr:BatchGet*')],
      },
    },
  },
}

/** Starts both. */
export async function consoleEmulator({ config = {}, ...options }: EmulatorOptions = {}): Promise<ConsoleEmulator> {
  const emulator = await emulatorProcess({ ...options, config: { accounts, ...config } })
  let browser: OpenBrowser
  try {
    browser = await openBrowser()
  } catch (error) {
    await emulator[Symbol.asyncDispose]()
    throw error
  }
  const addressOf = (path: string) => `${emulator.endpoint}/console/${consoleAccount}/us-east-1${path}`
  return {
    emulator,
    addressOf,
    async open(path, as) {
      const tab = await browser.open(addressOf(path))
      await signIn(tab.page, as)
      return tab
    },
    async [Symbol.asyncDispose]() {
      await browser[Symbol.asyncDispose]()
      await emulator[Symbol.asyncDispose]()
    },
  }
}
