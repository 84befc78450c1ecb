import { applyMode, Mode } from '@cloudscape-design/global-styles'

/** What a person chose; `system` is what the operating system says. */
export type Appearance = 'system' | 'light' | 'dark'

const KEY = 'ecr-local appearance'

/** The appearance that was chosen in this browser. */
export function chosenAppearance(): Appearance {
  const chosen = localStorage.getItem(KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** Changes the appearance of this tab and of those that are opened later. */
export function chooseAppearance(appearance: Appearance): void {
  localStorage.setItem(KEY, appearance)
  apply()
}

/** Shows the console light or dark, and changes with the operating system if nothing was chosen. */
export function followAppearance(): void {
  matchMedia(DARK).addEventListener('change', apply)
  apply()
}

const DARK = '(prefers-color-scheme: dark)'

function apply(): void {
  const chosen = chosenAppearance()
  const isDark = chosen === 'system' ? matchMedia(DARK).matches : chosen === 'dark'
  applyMode(isDark ? Mode.Dark : Mode.Light)
}
