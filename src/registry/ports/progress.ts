/** How far long work has come, for the person or program that waits for it. */
export interface Step {
  /** What is being done, as the beginning of a sentence: `Checking blobs`. */
  readonly doing: string
  readonly done?: number
  /** How many there are, if that is known beforehand. */
  readonly total?: number
  /** How many bytes are done. */
  readonly bytes?: number
}

/** Takes each step of long work. It is called often, so it returns at once and decides itself what is shown. */
export type ReportStep = (step: Step) => void

/** For callers who show no progress. */
export const unreported: ReportStep = () => {}
