import type { AppliedSeed } from './applied-seed.js'
import type { ImportPlan, PullThroughCacheRule } from './cache-rules/cache-rule.js'
import type { ImportActivity } from './cache-rules/import-activity.js'
import type { RepositoryCreationTemplate } from './creation-templates/creation-template.js'
import type { RecordedEvent } from './events.js'
import { boundedImage } from './images/image-contents.js'
import type { ImageActivation } from './images/image-activation.js'
import type { ImageChange } from './images/image-change.js'
import type { Image, Layer, Reference, Tag } from './images/image.js'
import type { LifecycleFollowUp } from './lifecycle/lifecycle-follow-up.js'
import type { LifecyclePolicy } from './lifecycle/lifecycle-policy.js'
import type { LifecyclePreview, LifecyclePreviewResult } from './lifecycle/lifecycle-preview.js'
import type { Upload } from './layers/upload.js'
import type { BlobOrigin } from './cache-rules/blob-origin.js'
import type { ImageReplication, PendingReplication } from './replication/image-replication.js'
import type { Backfill, BackfillReplication, BackfillWork } from './replication/replication-backfill.js'
import type { ReplicationConfiguration } from './replication/replication-configuration.js'
import type { LeaseRecord } from './ports/lease.js'
import type { Pin } from './ports/pins.js'
import type { PullTimeExclusion } from './pull-times/pull-time-exclusion.js'
import type { ImageSigning, SigningConfiguration } from './signing/signing-configuration.js'
import type { ServiceLinkedRole } from './cache-rules/service-linked-role.js'
import type { StoredPrincipal } from './principal.js'
import type { Policy, Repository } from './repositories/repository.js'
import type { ImageScans, PendingScan, ScanCount } from './scanning/image-scan.js'
import type { StoredScanningConfiguration } from './scanning/scanning-records.js'
import type { ImageFindings } from './scanning/stored-findings.js'
import type { StatisticsRecord } from './statistics/statistics-record.js'

/**
 * All stored state except blobs. Each line declares a collection and the type of its records; the comment names the
 * parts of its keys. Names are part of the stored layout. Keys that join several names join them with one space; a
 * collection "in `installation`" belongs to no registry.
 */
export const collections = {
  repositories: collection<Repository>(), // name
  images: collection<Image>(boundedImage), // repository digest
  tags: collection<Tag>(), // repository tag
  layers: collection<Layer>(), // repository digest
  references: collection<Reference>(), // repository to kind from
  uploads: collection<Upload>(), // id
  imageChanges: collection<ImageChange>(), // time repository digest action tag or class
  imageActivations: collection<ImageActivation>(), // time repository digest
  rules: collection<PullThroughCacheRule>(), // ecrRepositoryPrefix
  registryPolicies: collection<Policy>(), // 'policy'
  repositoryPolicies: collection<Policy>(), // repository
  signingConfigurations: collection<SigningConfiguration>(), // 'signing'
  imageSignings: collection<ImageSigning>(), // repository digest
  pullTimeExclusions: collection<PullTimeExclusion>(), // principalArn
  lifecyclePolicies: collection<LifecyclePolicy>(), // repository
  replicationConfigurations: collection<ReplicationConfiguration>(), // 'configuration'
  imageReplications: collection<ImageReplication>(), // repository digest
  pendingReplications: collection<PendingReplication>(), // time repository digest account region name
  replicationBackfills: collection<Backfill>(), // id
  backfillReplications: collection<BackfillReplication>(), // backfill repository digest tag
  backfillWork: collection<BackfillWork>(), // 'copy' Region; 'event' id; 'removal' time id
  lifecyclePreviews: collection<LifecyclePreview>(), // repository
  lifecyclePreviewResults: collection<LifecyclePreviewResult>(), // repository digest
  lifecycleFollowUps: collection<LifecycleFollowUp>(), // repository subject
  creationTemplates: collection<RepositoryCreationTemplate>(), // prefix
  accountSettings: collection<string>(), // name
  scanningConfigurations: collection<StoredScanningConfiguration>(), // 'configuration'
  imageScans: collection<ImageScans>(), // repository digest
  imageFindings: collection<ImageFindings>(), // repository digest
  pendingScans: collection<PendingScan>(), // time repository digest scanType
  scanCounts: collection<ScanCount>(), // 'count'
  appliedSeeds: collection<AppliedSeed>(), // kind name
  imports: collection<ImportPlan>(), // account region repository digest; in `installation`
  events: collection<RecordedEvent>(), // time, then order; in `installation`
  undeliveredEvents: collection<RecordedEvent>(), // sink time order; in `installation`
  statistics: collection<StatisticsRecord>(), // period start account region process; in `installation`
  settings: collection<string>(), // name; in `installation`
  roles: collection<ServiceLinkedRole>(), // account name; in `installation`
  leases: collection<LeaseRecord>(), // name; in `installation`
  pins: collection<Pin>(), // digest; in `installation`
  principals: collection<StoredPrincipal>(), // idHash; in `installation`
  importActivity: collection<ImportActivity>(), // process; in `installation`
  origins: collection<BlobOrigin>(), // digest upstreamRegistryUrl; in `installation`
}

/** The declaration of a collection. */
export interface CollectionOf<T> {
  /** Converts a record that an earlier version may have written to the present shape. */
  readonly upgrade: (stored: T) => T
}

/** `upgrade` is the identity for records whose shape has never changed. */
function collection<T>(upgrade: (stored: T) => T = (stored) => stored): CollectionOf<T> {
  return { upgrade }
}
