import { CreatePullThroughCacheRuleCommand, CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type OpenBrowser, openBrowser, signIn, type Tab } from '../support/browser.js'
import { browserNeeds, describeWith, skopeoNeeds } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { imageManifest, pushLayer } from '../support/push.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { skopeo, type Skopeo } from '../support/skopeo.js'
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'
import { drip } from '../support/upstream-faults.js'

const MIB = 1024 * 1024

/** The events of the open page of the table, without their times, the latest first. */
const eventsOf = async (page: Page) =>
  (await page.getByRole('table').getByRole('row').allInnerTexts()).slice(1).map((row) => row.replace(/\s+/g, ' '))
