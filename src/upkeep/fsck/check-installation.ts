import { digestOfStoredBlob } from '../../registry/images/stored-digest.js'
import { parseImageNoteName, IMAGE_NOTES, imageNoteName } from '../../registry/images/image-notes.js'
import { type FsckRun, type Findings, findings } from './findings.js'
import { checkRecords } from './check-records.js'
import { type InstallationStorage, isUnlabelled, pairStoreWithBlobs, pairingMismatch } from '../installation-label.js'
import { type LostImage, readLostImage, restoreImage } from './restore-images.js'
import { isImageLost } from '../collection/sweep-notes.js'
import { withPauses } from '../record-walk.js'

/** What was looked at and what was wrong with it. */
export interface FsckReport {
  readonly blobs: number
  readonly bytes: number
  readonly images: number
  readonly findings: Findings
}

/**
 * Reads every blob and compares it with its digest, and every record with the blobs and the names beside them. With
 * `repair`, broken blobs are taken out of reach, images the store has lost are recorded again, notes of those that cannot
 * be are put aside, and records that lead nowhere go. Where store and blobs belong to two installations nothing is mended: either may be the wrong one.
 */
export async function checkInstallation(
  halves: InstallationStorage,
  { repair: asked }: { repair: boolean },
): Promise<FsckReport> {
  const foreign = await pairingMismatch(halves)
  const repair = asked && (foreign === undefined || (await isUnlabelled(halves)))
  const checking: FsckRun = { ...halves, repair, newFindings: findings(), damaged: new Set() }
  const sizes = await checkBlobs(checking)
  const putAside = await restoreImages(checking)
  const images = await checkRecords(checking)
  if (foreign !== undefined) {
    // Blobs with not one image found are what the sweep would remove next.
    const joins = repair && (images > 0 || putAside > 0 || sizes.blobs === 0)
    if (joins) await pairStoreWithBlobs(halves)
    if (joins) checking.newFindings.add('The store and the blobs did not belong together', 'joined')
    else checking.newFindings.add(foreign)
  }
  return { ...sizes, images, findings: checking.newFindings }
}

async function checkBlobs(checking: FsckRun) {
  const sizes = { blobs: 0, bytes: 0 }
  for await (const blob of withPauses(checking.blobs.list())) {
    sizes.blobs++
    sizes.bytes += blob.size
    const actual = await digestOfStoredBlob(blob, checking.blobs)
    if (actual === undefined || actual === blob.digest) continue
    checking.damaged.add(blob.digest)
    if (checking.repair) await checking.blobs.quarantine(blob.digest)
    const wrong = `blob ${blob.digest}: its bytes hash to ${actual}`
    checking.newFindings.add(wrong, checking.repair ? 'quarantined' : undefined)
  }
  return sizes
}

/**
 * What lists others comes after them: whatever is left is tried again. What cannot be had is put aside, and holds up
 * nothing else; answers how many.
 */
async function restoreImages(checking: FsckRun): Promise<number> {
  let lost = await lostImages(checking)
  for (let before = Infinity; checking.repair && lost.length < before;) {
    before = lost.length
    const left: LostImage[] = []
    for (const image of lost) {
      const done = checking.damaged.has(image.digest) ? undefined : await restoreImage(image, checking)
      if (done === undefined) left.push(image)
      else checking.newFindings.add(lostLine(image), done)
    }
    lost = left
  }
  for (const image of lost) {
    if (checking.repair) await putAside(image, checking)
    checking.newFindings.add(
      checking.repair ? `${lostLine(image)}, and cannot be recorded again: push it again` : lostLine(image),
    )
  }
  return checking.repair ? lost.length : 0
}

/** The note is kept for whoever wants to know, where neither the sweep nor the next check looks. */
async function putAside(image: LostImage, { blobs: { notes } }: FsckRun): Promise<void> {
  await notes.put(`unrestored/${imageNoteName(image)}`, JSON.stringify(image.note))
  await notes.remove(imageNoteName(image))
}

/** The oldest first: what lists others is mostly younger than they. */
async function lostImages(checking: FsckRun): Promise<LostImage[]> {
  const lost: LostImage[] = []
  for await (const name of withPauses(checking.blobs.notes.list(IMAGE_NOTES))) {
    const image = parseImageNoteName(name)
    const found = image && (await isImageLost(image, checking)) ? await readLostImage(image, checking.blobs) : undefined
    if (found) lost.push(found)
  }
  return lost.sort((a, b) => a.note.pushedAt - b.note.pushedAt)
}

const lostLine = ({ registry: { account, region }, repository, digest }: LostImage) =>
  `image ${account}/${region}/${repository}@${digest}: named beside the blobs and not in the store`
