import { digestOfKept } from '../../registry/images/stored-digest.js'
import { imageNoted, imageNotes, noteName } from '../../registry/images/image-notes.js'
import { type Checking, type Findings, findings } from './findings.js'
import { fsckRecords } from './fsck-records.js'
import { type Halves, isUnlabelled, joinHalves, strangers } from '../installation-label.js'
import { type LostImage, lostImage, restore } from './restore-images.js'
import { isLost } from '../collection/sweep-notes.js'
import { unhurried } from '../record-walk.js'

/** What was looked at and what was wrong with it. */
export interface Checked {
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
export async function fsck(halves: Halves, { repair: asked }: { repair: boolean }): Promise<Checked> {
  const foreign = await strangers(halves)
  const repair = asked && (foreign === undefined || (await isUnlabelled(halves)))
  const checking: Checking = { ...halves, repair, findings: findings(), broken: new Set() }
  const sizes = await checkBlobs(checking)
  const putAside = await restoreImages(checking)
  const images = await fsckRecords(checking)
  if (foreign !== undefined) {
    // Blobs with not one image found are what the sweep would remove next.
    const joins = repair && (images > 0 || putAside > 0 || sizes.blobs === 0)
    if (joins) await joinHalves(halves)
    if (joins) checking.findings.add('The store and the blobs did not belong together', 'joined')
    else checking.findings.add(foreign)
  }
  return { ...sizes, images, findings: checking.findings }
}

async function checkBlobs(checking: Checking) {
  const sizes = { blobs: 0, bytes: 0 }
  for await (const blob of unhurried(checking.blobs.list())) {
    sizes.blobs++
    sizes.bytes += blob.size
    const actual = await digestOfKept(blob, checking.blobs)
    if (actual === undefined || actual === blob.digest) continue
    checking.broken.add(blob.digest)
    if (checking.repair) await checking.blobs.quarantine(blob.digest)
    const wrong = `blob ${blob.digest}: its bytes hash to ${actual}`
    checking.findings.add(wrong, checking.repair ? 'quarantined' : undefined)
  }
  return sizes
}

/**
 * What lists others comes after them: whatever is left is tried again. What cannot be had is put aside, and holds up
 * nothing else; answers how many.
 */
async function restoreImages(checking: Checking): Promise<number> {
  let lost = await lostImages(checking)
  for (let before = Infinity; checking.repair && lost.length < before;) {
    before = lost.length
    const left: LostImage[] = []
    for (const image of lost) {
      const done = checking.broken.has(image.digest) ? undefined : await restore(image, checking)
      if (done === undefined) left.push(image)
      else checking.findings.add(lostLine(image), done)
    }
    lost = left
  }
  for (const image of lost) {
    if (checking.repair) await putAside(image, checking)
    checking.findings.add(
      checking.repair ? `${lostLine(image)}, and cannot be recorded again: push it again` : lostLine(image),
    )
  }
  return checking.repair ? lost.length : 0
}

/** The note is kept for whoever wants to know, where neither the sweep nor the next check looks. */
async function putAside(image: LostImage, { blobs: { notes } }: Checking): Promise<void> {
  await notes.put(`unrestored/${noteName(image)}`, JSON.stringify(image.note))
  await notes.remove(noteName(image))
}

/** The oldest first: what lists others is mostly younger than they. */
async function lostImages(checking: Checking): Promise<LostImage[]> {
  const lost: LostImage[] = []
  for await (const name of unhurried(checking.blobs.notes.list(imageNotes))) {
    const image = imageNoted(name)
    const found = image && (await isLost(image, checking)) ? await lostImage(image, checking.blobs) : undefined
    if (found) lost.push(found)
  }
  return lost.sort((a, b) => a.note.pushedAt - b.note.pushedAt)
}

const lostLine = ({ registry: { account, region }, repository, digest }: LostImage) =>
  `image ${account}/${region}/${repository}@${digest}: named beside the blobs and not in the store`
