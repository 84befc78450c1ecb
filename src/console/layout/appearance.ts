import { applyMode, Mode } from '@cloudscape-design/global-styles'
import { keepItem, keptItem } from '../session/tab-storage.js'

/** What a person chose; `system` is what the operating system says. */
export type Appearance = 'system' | 'light' | 'dark'

const KEY = 'ecr-local appearance'

/** The appearance that was chosen in this browser. */
export function chosenAppearance(): Appearance {
  const chosen = keptItem('local', KEY)
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system'
}

/** Changes the appearance of this tab and of those that are opened later. */
export function chooseAppearance(appearance: Appearance): void {
  keepItem('local', KEY, appearance)
  show(appearance)
}

/** Shows the console light or dark, and changes with the operating system if nothing was chosen. */
export function followAppearance(): void {
  const follow = () => show(chosenAppearance())
  matchMedia(DARK).addEventListener('change', follow)
  follow()
}

const DARK = '(prefers-color-scheme: dark)'

function show(chosen: Appearance): void {
  const isDark = chosen === 'system' ? matchMedia(DARK).matches : chosen === 'dark'
  applyMode(isDark ? Mode.Dark : Mode.Light)
}
