import { CLOCK_OFFSET } from '../registry/ports/clock.js'
import type { Entry } from '../registry/ports/key-value.js'
import type { Records } from '../registry/ports/store.js'

/**
 * Which collections an archive contains. What belongs to processes or to the place where the state is stays behind:
 * uploads in progress, whose bytes are not blobs yet, leases and pins, what processes import at the moment, the
 * statistics of what they did, and the principals of tokens, which are signed with the secret of the installation. Work
 * that is still to be done travels, so that it is done where the state is next.
 */
const travels: Readonly<Record<keyof Records, boolean>> = {
  repositories: true,
  images: true,
  tags: true,
  layers: true,
  references: true,
  uploads: false,
  imageChanges: true,
  imageActivations: true,
  rules: true,
  registryPolicies: true,
  repositoryPolicies: true,
  signingConfigurations: true,
  imageSignings: true,
  pullTimeExclusions: true,
  lifecyclePolicies: true,
  replicationConfigurations: true,
  imageReplications: true,
  pendingReplications: true,
  replicationBackfills: true,
  backfillReplications: true,
  backfillWork: true,
  lifecyclePreviews: true,
  lifecyclePreviewResults: true,
  lifecycleFollowUps: true,
  creationTemplates: true,
  accountSettings: true,
  scanningConfigurations: true,
  imageScans: true,
  imageFindings: true,
  pendingScans: true,
  scanCounts: true,
  imports: true,
  events: true,
  undeliveredEvents: true,
  statistics: false,
  settings: true,
  appliedSeeds: true,
  roles: true,
  principals: false,
  leases: false,
  pins: false,
  importActivity: false,
  origins: true,
}

/** The collections that an archive contains, in the order of their declaration. */
export const travellingCollections = (Object.keys(travels) as (keyof Records)[]).filter((name) => travels[name])

/** Of the installation's settings only the clock travels: the label says which blobs belong to which store. */
const travellingSettings: ReadonlySet<string> = new Set([CLOCK_OFFSET])

/** The entries of a collection that travel. */
export const travellingEntries = (collection: string, entries: readonly Entry[]): readonly Entry[] =>
  collection === 'settings' ? entries.filter(([key]) => travellingSettings.has(key)) : entries

/**
 * The collections in which a registry must have no record before records are imported into it. Every installation has
 * settings of its own.
 */
export const emptyBeforeImport: readonly string[] = travellingCollections.filter((name) => name !== 'settings')
