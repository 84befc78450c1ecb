import {
  CreateRepositoryCommand,
  DescribeImagesCommand,
  type ECRClient,
  ImageNotFoundException,
} from '@aws-sdk/client-ecr'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { axe, type Tab } from '../support/browser.js'
import { type ConsoleEmulator, consoleEmulator, reader } from '../support/console-emulator.js'
import { browserNeeds, describeWith } from '../support/describe-with.js'
import { createRepository, type Pushed, pushImage, pushIndex } from '../support/push.js'
import { ecrClient } from '../support/registry-client.js'
import { temporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.js'

const repository = 'team/backend/app'

/** The findings of every image. */
const findings = {
  images: [
    {
      findings: [
        { name: 'CVE-2019-5188', severity: 'MEDIUM', package_name: 'e2fsprogs', package_version: '1.44.1' },
        { name: 'CVE-2024-3094', severity: 'CRITICAL', uri: 'https://nvd.example/CVE-2024-3094', package_name: 'xz' },
      ],
    },
  ],
}

const addressOf = (reference: string, tab = 'details', of = repository) =>
  `/images/${encodeURIComponent(of)}/${encodeURIComponent(reference)}/${tab}`

describeWith(browserNeeds, 'The page Images', () => {
  let directory: TemporaryDirectory
  let console: ConsoleEmulator
  let ecr: ECRClient
  let tab: Tab
  let page: Page
  let amd: Pushed
  let arm: Pushed
  let index: Pushed
  let signature: Pushed

  beforeAll(async () => {
    directory = await temporaryDirectory()
    const scanFindings = join(directory.path, 'findings.json')
    await writeFile(scanFindings, JSON.stringify(findings))
    console = await consoleEmulator({ config: { scanFindings } })
    ecr = ecrClient(console.emulator)
    await createRepository(ecr, repository)
    amd = await pushImage(ecr, repository, { layer: 'amd64' })
    arm = await pushImage(ecr, repository, { layer: 'arm64' })
    index = await pushIndex(ecr, repository, [onLinux(amd, 'amd64'), onLinux(arm, 'arm64')], 'latest')
    signature = await pushImage(ecr, repository, { layer: 'signature', rest: signatureOf(index) })
    tab = await console.open(`/images?repository=${encodeURIComponent(repository)}`)
    page = tab.page
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  })
  afterAll(async () => {
    await console[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  const show = (path: string) => page.goto(console.addressOf(path))
  const described = async (imageTag: string, repositoryName = repository) =>
    (await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds: [{ imageTag }] }))).imageDetails?.[0]

  it('lists the images of a repository that is chosen by its name', async () => {
    await createRepository(ecr, 'many')
    for (let count = 1; count <= 25; count++) await pushImage(ecr, 'many', { imageTag: `v${count}`, layer: `${count}` })
    await page.getByRole('heading', { name: 'Images (4)' }).waitFor()
    await page
      .getByRole('row', { name: /latest/ })
      .getByText('Image index')
      .waitFor()
    await page.getByRole('row', { name: /Notation signature/ }).waitFor()
    expect(await axe(page)).toEqual([])

    await page.reload()
    await page.getByRole('button', { name: /^Repository/ }).click()
    await page.getByRole('option', { name: 'many' }).click()
    await page.getByRole('heading', { name: 'Images (25)' }).waitFor()
    expect(page.url()).toContain('/images?repository=many')
    await page.getByRole('link', { name: 'v25', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByRole('link', { name: 'v1', exact: true }).waitFor()
    await page.getByRole('searchbox', { name: 'Find images' }).fill('v17')
    await page.getByText('1 found').first().waitFor()
    await page.reload()
    await page.getByText('1 found').first().waitFor()
  })

  it('shows the platforms of an index, their layers, and what refers to it, after a reload, too', async () => {
    await show(addressOf('latest'))
    await page.getByRole('heading', { level: 1, name: `${repository}:latest` }).waitFor()
    await page.getByText(index.digest).waitFor()
    await page.getByRole('tab', { name: 'Platforms' }).click()
    await page.getByRole('row', { name: /linux\/amd64/ }).waitFor()
    await page.reload()
    const row = page.getByRole('row', { name: /linux\/arm64/ })
    await row.getByRole('link', { name: arm.digest.slice(0, 19) }).click()
    await page.getByRole('tab', { name: 'Layers' }).click()
    await page.getByText('1 layer with 5 B').waitFor()

    await show(addressOf(index.digest, 'referrers'))
    const referrer = page.getByRole('row', { name: /Notation signature/ })
    await referrer.getByRole('link', { name: signature.digest.slice(0, 19) }).click()
    await page.getByRole('link', { name: index.digest.slice(0, 19) }).waitFor()

    await show(addressOf('latest', 'manifest'))
    await page.getByRole('button', { name: 'Copy manifest' }).click()
    await page.getByText('Copied', { exact: true }).waitFor()
    expect(await clipboardOf(page)).toBe(index.manifest)
  })

  it('copies the commands that pull an image by tag and by digest', async () => {
    await show(addressOf('latest'))
    const name = `${new URL(console.emulator.endpoint).host}/${repository}`
    const copied = async (client: string) => {
      await page.getByRole('button', { name: `Copy: ${client}`, exact: true }).click()
      return clipboardOf(page)
    }
    expect(await copied('docker')).toBe(`docker pull ${name}:latest`)
    expect(await copied('podman')).toBe(`podman pull --tls-verify=false ${name}:latest`)
    await page.getByRole('button', { name: /^Pull by/ }).click()
    await page.getByRole('option', { name: 'By digest' }).click()
    expect(await copied('containerd (nerdctl)')).toBe(`nerdctl --insecure-registry pull ${name}@${index.digest}`)
    expect(await copied('containerd (ctr)')).toMatch(
      new RegExp(
        `^ctr images pull --plain-http --user "AWS:\\$\\(aws ecr get-login-password .*\\)" ${name}@${index.digest}$`,
      ),
    )
    expect(await copied('skopeo')).toContain(`--src-tls-verify=false docker://${name}@${index.digest}`)
  })

  it('scans an image, and shows the findings with the worst first', async () => {
    await show(addressOf(amd.digest, 'vulnerabilities'))
    await page.getByText('This image has not been scanned.').waitFor()
    await page.getByRole('button', { name: 'Scan', exact: true }).click()
    await page.getByText('1 CRITICAL, 1 MEDIUM').waitFor()
    const rows = await page.getByRole('table', { name: 'Findings' }).getByRole('row').allTextContents()
    expect(rows.slice(1)).toEqual([expect.stringContaining('CVE-2024-3094'), expect.stringContaining('e2fsprogs')])
    const link = page.getByRole('link', { name: /CVE-2024-3094/ })
    expect(await link.getAttribute('href')).toBe('https://nvd.example/CVE-2024-3094')

    await page.getByRole('button', { name: 'Scan', exact: true }).click()
    await page.getByText('The scan quota per image has been exceeded. Wait and try again.').waitFor()
    await show(addressOf('latest', 'vulnerabilities'))
    await page.getByRole('button', { name: 'Scan', exact: true }).click()
    await page.getByText('The image is of a type that cannot be scanned.').waitFor()
  })

  it('adds a tag and removes one, and shows why an immutable one stays', async () => {
    await show(addressOf('latest'))
    await page.getByLabel('New tag').fill('1.0')
    await page.getByRole('button', { name: 'Add tag' }).click()
    await page.getByText('Tag 1.0 added.').waitFor()
    expect(await described('1.0')).toMatchObject({ imageDigest: index.digest })
    await page.getByRole('button', { name: 'Remove tag latest' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('Tag latest removed.').waitFor()
    await page.waitForURL((url) => url.pathname.includes(encodeURIComponent(index.digest)))
    await expect(described('latest')).rejects.toThrow(ImageNotFoundException)

    const locked = { repositoryName: 'locked', imageTagMutability: 'IMMUTABLE' } as const
    await ecr.send(new CreateRepositoryCommand(locked))
    await pushImage(ecr, 'locked', { imageTag: '1.0', layer: 'one' })
    await pushImage(ecr, 'locked', { imageTag: '2.0', layer: 'two' })
    await show(addressOf('2.0', 'details', 'locked'))
    await page.getByLabel('New tag').fill('1.0')
    await page.getByRole('button', { name: 'Add tag' }).click()
    await page
      .getByText(
        /tag '1.0' already exists in the 'locked' repository and cannot be overwritten because the tag is immut/,
      )
      .waitFor()
  })

  it('archives an image and restores it', async () => {
    await show(addressOf('v1', 'details', 'many'))
    await page.getByRole('button', { name: 'Archive' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click()
    await page.getByText('Archived', { exact: true }).waitFor()
    expect(await described('v1', 'many')).toMatchObject({ imageStatus: 'ARCHIVED' })
    await page.getByRole('tab', { name: 'Layers' }).click()
    await page.getByText('ImageInaccessible').waitFor()
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
    await page.getByText('1 image is STANDARD now').waitFor()
    expect(await described('v1', 'many')).toMatchObject({ imageStatus: 'ACTIVATING' })
  })

  it('deletes images, names those that the service keeps, and says in another tab that one is gone', async () => {
    await show(`/repositories/${encodeURIComponent(repository)}/images`)
    await using other = await console.open(addressOf(signature.digest), reader)
    await other.page.getByRole('heading', { name: 'General information' }).waitFor()
    for (const { digest } of [signature, amd]) await page.getByRole('checkbox', { name: `Select ${digest}` }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Delete 2 images' })
    await dialog.getByText(signature.digest).waitFor()
    await dialog.getByLabel('To confirm, type delete').fill('delete')
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText(`1 image deleted from ${repository}.`).waitFor()
    await page.getByText('1 image was not changed').waitFor()
    await page.getByText(/\(ImageReferencedByManifestList\)/).waitFor()
    await page.getByRole('heading', { name: 'Images (3)' }).waitFor()

    await page.getByRole('checkbox', { name: `Select ${index.digest}` }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('radio', { name: 'Only tags' }).click()
    await page.getByLabel('To confirm, type delete').fill('delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText(/'imageIds' failed to satisfy constraint/).waitFor()
    await page.getByRole('button', { name: /^Tags to delete/ }).click()
    await page.getByRole('option', { name: '1.0' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText(`1 tag deleted from ${repository}.`).waitFor()
    await expect(described('1.0')).rejects.toThrow(ImageNotFoundException)

    await other.page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    await other.page.getByText('This image does not exist').waitFor()
  })

  it('does all that without an error in the browser', () => {
    expect(tab.faults).toEqual({ errors: [], failedRequests: [], foreignRequests: [] })
  })
})

const onLinux = (image: Pushed, architecture: string) => ({ ...image, platform: { os: 'linux', architecture } })

/** What makes a manifest a signature of an image. */
const signatureOf = ({ digest, manifest }: Pushed) => ({
  artifactType: 'application/vnd.cncf.notary.signature',
  subject: { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: manifest.length },
})

const clipboardOf = (page: Page) => page.evaluate<string>('navigator.clipboard.readText()')
