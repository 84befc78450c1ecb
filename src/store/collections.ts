import { boundedImage } from '../registry/images/image-contents.js'
import type { Collection, Records } from '../registry/ports/store.js'
import type { Upgrade } from './stored-records.js'

/** The collections' names are part of the stored layout. */
export const recordsOf = (collection: <T>(name: keyof Records, upgrade?: Upgrade<T>) => Collection<T>): Records => ({
  repositories: collection('repositories'),
  images: collection('images', boundedImage),
  tags: collection('tags'),
  layers: collection('layers'),
  references: collection('references'),
  uploads: collection('uploads'),
  rules: collection('rules'),
  registryPolicies: collection('registryPolicies'),
  repositoryPolicies: collection('repositoryPolicies'),
  accountSettings: collection('accountSettings'),
  imports: collection('imports'),
  events: collection('events'),
  settings: collection('settings'),
  roles: collection('roles'),
  leases: collection('leases'),
  pins: collection('pins'),
  origins: collection('origins'),
})
