import { digestOfStoredBlob } from '../../registry/images/stored-digest.js'
import { parseImageNoteName, IMAGE_NOTES, imageNoteName } from '../../registry/images/image-notes.js'
import { type ReportStep, unreported } from '../../registry/ports/progress.js'
import { type FsckRun, type Findings, newFindings } from './findings.js'
import { checkRecords } from './check-records.js'
import { type InstallationStorage, isUnlabelled, pairStoreWithBlobs, pairingMismatch } from '../installation-label.js'
import { type LostImage, readLostImage, restoreImage } from './restore-image.js'
import { isImageLost } from '../collection/sweep-image-notes.js'
import { withPauses } from '../record-walk.js'

/** How much was checked, and what was found wrong. */
interface FsckReport {
  readonly blobs: number
  readonly bytes: number
  readonly images: number
  readonly findings: Findings
}

/**
 * What `ecr-local fsck` does: compares every blob with its digest, and every record with the blobs and with the notes
 * beside them. With `repair`, damaged blobs are quarantined, images that the store has lost are restored, the notes of
 * those that cannot be restored are set aside, and records that refer to nothing are removed. If the store and the
 * blobs belong to two installations nothing is repaired, because either may be the wrong one.
 */
export async function checkInstallation(
  storage: InstallationStorage,
  options: { repair: boolean; report?: ReportStep },
): Promise<FsckReport> {
  const mismatch = await pairingMismatch(storage)
  const repair = options.repair && (mismatch === undefined || (await isUnlabelled(storage)))
  const { report = unreported } = options
  const run: FsckRun = { ...storage, repair, report, findings: newFindings(), damaged: new Set() }
  const blobTotals = await checkBlobs(run)
  const unrestored = await restoreLostImages(run)
  const images = await checkRecords(run)
  if (mismatch !== undefined) {
    // If there are blobs and not a single image, the next sweep of a paired store would remove them all.
    const canPair = repair && (images > 0 || unrestored > 0 || blobTotals.blobs === 0)
    if (canPair) await pairStoreWithBlobs(storage)
    if (canPair) run.findings.add('The store and the blobs did not belong together', 'joined')
    else run.findings.add(mismatch)
  }
  return { ...blobTotals, images, findings: run.findings }
}

async function checkBlobs(run: FsckRun) {
  const totals = { blobs: 0, bytes: 0 }
  for await (const blob of withPauses(run.blobs.list())) {
    totals.blobs++
    totals.bytes += blob.size
    const actual = await digestOfStoredBlob(blob, run.blobs)
    run.report({ doing: 'Checking blobs', done: totals.blobs, bytes: totals.bytes })
    if (actual === undefined || actual === blob.digest) continue
    run.damaged.add(blob.digest)
    if (run.repair) await run.blobs.quarantine(blob.digest)
    run.findings.add(`blob ${blob.digest}: its bytes hash to ${actual}`, run.repair ? 'quarantined' : undefined)
  }
  return totals
}

/**
 * Restores the images that the store has lost, in as many passes as it takes: an index can be restored only after its
 * images. The notes of those that cannot be restored are set aside. Returns how many these are.
 */
async function restoreLostImages(run: FsckRun): Promise<number> {
  let lostImages = await findLostImages(run)
  for (let countBefore = Infinity; run.repair && lostImages.length < countBefore;) {
    countBefore = lostImages.length
    const unrestored: LostImage[] = []
    for (const image of lostImages) {
      const outcome = run.damaged.has(image.digest) ? undefined : await restoreImage(image, run)
      if (outcome === undefined) unrestored.push(image)
      else run.findings.add(lostImageLine(image), outcome)
    }
    lostImages = unrestored
  }
  for (const image of lostImages) {
    const line = lostImageLine(image)
    if (run.repair) await setNoteAside(image, run)
    run.findings.add(run.repair ? `${line}, and cannot be recorded again: push it again` : line)
  }
  return run.repair ? lostImages.length : 0
}

/** Renames a note so that sweeps and later checks ignore it, but its text is not lost. */
async function setNoteAside(image: LostImage, { blobs: { notes } }: FsckRun): Promise<void> {
  await notes.put(`unrestored/${imageNoteName(image)}`, JSON.stringify(image.note))
  await notes.remove(imageNoteName(image))
}

/** The oldest first, because an index is mostly younger than the images it lists. */
async function findLostImages(run: FsckRun): Promise<LostImage[]> {
  const lostImages: LostImage[] = []
  for await (const name of withPauses(run.blobs.notes.list(IMAGE_NOTES))) {
    const address = parseImageNoteName(name)
    if (!address || !(await isImageLost(address, run))) continue
    const image = await readLostImage(address, run.blobs)
    if (image) lostImages.push(image)
  }
  return lostImages.sort((a, b) => a.note.pushedAt - b.note.pushedAt)
}

const lostImageLine = ({ registry: { account, region }, repository, digest }: LostImage) =>
  `image ${account}/${region}/${repository}@${digest}: named beside the blobs and not in the store`
