import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Needs } from './describe-with.js'
import { isInstalled } from './system-tools.js'

/**
 * Variables that can name a directory of providers, the directories where Terraform looks for them without a network, and
 * its cache of plugins, which has the same layout.
 * https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
 */
const mirrors = [
  process.env.ECR_LOCAL_TF_PLUGINS,
  process.env.TF_PLUGIN_MIRROR,
  process.env.TF_PLUGIN_CACHE_DIR,
  join(homedir(), '.terraform.d/plugins'),
  join(homedir(), '.terraform.d/plugin-cache'),
  join(homedir(), '.local/share/terraform/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
].filter((path) => path !== undefined)

const mirror = mirrors.find((path) => {
  try {
    return readdirSync(join(path, 'registry.terraform.io/hashicorp/aws')).length > 0
  } catch {
    return false
  }
})

/** What the specs of Terraform need. */
export const terraformNeeds: Needs = {
  terraform: isInstalled('terraform'),
  'terraform-provider-aws': mirror !== undefined,
}

/** The text of a configuration file of Terraform's command line, with which it installs providers from this machine. */
export const terraformInstallation = `
provider_installation {
  filesystem_mirror {
    path = ${JSON.stringify(mirror ?? '')}
  }
}
`
