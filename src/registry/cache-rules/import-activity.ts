import type { ImportPlan } from './cache-rule.js'

/**
 * What one process imports at a moment. A data plane keeps it in a record while something is in flight, so that any
 * control plane can show it (decision 45).
 */
export interface ImportActivity {
  /** The id of the process, which is the key of its record. */
  readonly process: string
  /**
   * Incremented with every write. A reader takes a process for dead once this no longer changes, by its own clock, so
   * that clocks of different machines are never compared.
   */
  readonly beat: number
  readonly imports: readonly RunningImport[]
  /** Every layer that this process receives, for an import or for a client, and those that it has stored just now. */
  readonly transfers: readonly LayerTransfer[]
}

/** The plan of an import that a process carries out, and how far it is. */
export interface RunningImport extends Pick<ImportPlan, 'account' | 'region' | 'repository' | 'digest' | 'tag'> {
  readonly plannedAt: number
  /** The bytes of its layers that are here. */
  readonly receivedBytes: number
  /** The bytes of all its layers, as far as its manifests are known. */
  readonly expectedBytes: number
  readonly layers: readonly LayerProgress[]
  /** How many layers are not listed, to bound the record; the bytes include theirs. */
  readonly layersLeftOut: number
}

/** How far a layer of an import is. */
export interface LayerProgress {
  readonly digest: string
  readonly size: number
  readonly receivedBytes: number
  readonly state: 'waiting' | 'receiving' | 'stored'
}

/** A layer on its way from an upstream, or from the process that receives it. */
export interface LayerTransfer {
  readonly digest: string
  readonly receivedBytes: number
}
