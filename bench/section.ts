import type { Row } from './table.js'
import type { Tool } from './tools.js'

/** How much to measure, and which build. */
export interface Extent {
  /** The emulator's `main.js`. */
  readonly main: string
  readonly rounds: number
  /** Seconds of load for each contender in each round. */
  readonly seconds: number
  readonly quick: boolean
}

/** Measurements that use the same servers. */
export interface Section {
  readonly name: string
  /** The tools that it needs. */
  readonly needs: readonly Tool[]
  measure(extent: Extent): Promise<Row[]>
}
