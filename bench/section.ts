import type { Row } from './table.js'
import type { Tool } from './tools.js'

/** How much is measured, and of which build. */
export interface Extent {
  /** The emulator's `main.js`. */
  readonly main: string
  readonly rounds: number
  /** Of load, for every contender in every round. */
  readonly seconds: number
  readonly quick: boolean
}

/** Figures that share their servers. */
export interface Section {
  readonly name: string
  /** What it cannot do without. */
  readonly needs: readonly Tool[]
  measure(extent: Extent): Promise<Row[]>
}
