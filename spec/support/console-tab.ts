import type { Page } from 'playwright-core'
import { type OpenBrowser, signIn, type SignIn, type Tab } from './browser.js'

/** A tab that is signed in to the console, in which a spec goes from page to page. */
export interface ConsoleTab extends Tab {
  /** Loads a page of the registry as its address in a bookmark does. */
  goTo(path: string): Promise<void>
  /** The cells of the row of a table that contains this text, once there is one. */
  cellsOf(table: string, text: string): Promise<string[]>
}

/** Opens a page of a registry in us-east-1, and signs in there. */
export async function openConsole(
  browser: OpenBrowser,
  endpoint: string,
  { account, path, ...credentials }: { readonly account: string; readonly path: string } & SignIn,
): Promise<ConsoleTab> {
  const root = `${endpoint}/console/${account}/us-east-1`
  const tab = await browser.open(`${root}${path}`)
  await signIn(tab.page, credentials)
  return {
    ...tab,
    goTo: async (to) => void (await tab.page.goto(`${root}${to}`)),
    cellsOf: (table, text) => cellsOf(tab.page, table, text),
  }
}

async function cellsOf(page: Page, table: string, text: string): Promise<string[]> {
  const row = page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text }).first()
  await row.waitFor()
  return (await row.getByRole('cell').or(row.getByRole('rowheader')).allInnerTexts()).map((cell) => cell.trim())
}
