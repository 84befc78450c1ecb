import { readdirSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWith } from '../support/describe-with.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { mustRun, neutralEnvironment, runCommand } from '../support/run-command.js'
import { isInstalled } from '../support/system-tools.js'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.js'

/** The directories where Terraform looks for providers without a network, and two variables that can name others. */
const mirrors = [
  process.env.ECR_LOCAL_TF_PLUGINS,
  process.env.TF_PLUGIN_MIRROR,
  join(homedir(), '.terraform.d/plugins'),
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

const needs = { terraform: isInstalled('terraform'), 'terraform-provider-aws': mirror !== undefined }

describeWith(needs, 'Terraform', () => {
  let emulator: EmulatorProcess
  let directory: TemporaryDirectory
  let env: NodeJS.ProcessEnv

  beforeAll(async () => {
    ;[emulator, directory] = await Promise.all([emulatorProcess(), temporaryDirectory()])
    const at = (name: string) => join(directory.path, name)
    await mkdir(at('home'))
    await writeFile(at('cli.tfrc'), installation(mirror))
    await writeFile(at('main.tf'), configuration(emulator.endpoint))
    env = { ...neutralEnvironment(), HOME: at('home'), TF_CLI_CONFIG_FILE: at('cli.tfrc'), TF_IN_AUTOMATION: '1' }
    await terraform('init')
  }, 120_000)
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
    await directory[Symbol.asyncDispose]()
  })

  const options = () => ({ env, cwd: directory.path, timeoutMs: 120_000 })
  const terraform = async (command: string, ...args: string[]) =>
    (await mustRun('terraform', [command, '-no-color', '-input=false', ...args], options())).stdout

  it(
    'Terraform creates ECR resources, finds nothing to change afterwards, and destroys them',
    { timeout: 300_000 },
    async () => {
      expect(await terraform('apply', '-auto-approve')).toContain('Apply complete! Resources: 4 added')
      const outputs = await mustRun('terraform', ['output', '-json'], options())
      expect(JSON.parse(outputs.stdout)).toMatchObject({
        repository_url: { value: `${emulator.registry}/ecr-public/app` },
        user_name: { value: 'AWS' },
      })

      const plan = await runCommand('terraform', ['plan', '-no-color', '-input=false', '-detailed-exitcode'], options())
      expect([plan.exitCode, plan.stdout]).toEqual([0, expect.stringContaining('No changes.')])
      expect(await terraform('destroy', '-auto-approve')).toContain('Destroy complete! Resources: 4 destroyed')
    },
  )
})

const installation = (path = '') => `
provider_installation {
  filesystem_mirror {
    path = ${JSON.stringify(path)}
  }
}
`

const configuration = (endpoint: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_metadata_api_check     = true
  skip_region_validation      = true
  endpoints {
    ecr = "${endpoint}"
    sts = "${endpoint}"
  }
}
data "aws_caller_identity" "me" {}
data "aws_ecr_authorization_token" "token" {}
resource "aws_ecr_pull_through_cache_rule" "public" {
  ecr_repository_prefix = "ecr-public"
  upstream_registry_url = "public.ecr.aws"
}
resource "aws_ecr_repository" "app" {
  name                 = "ecr-public/app"
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  tags = { team = "app" }
}
resource "aws_ecr_repository_policy" "app" {
  repository = aws_ecr_repository.app.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "pull", Effect = "Allow", Principal = "*", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] }
  ] })
}
resource "aws_ecr_registry_policy" "all" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid = "cache", Effect = "Allow", Action = ["ecr:CreateRepository", "ecr:BatchImportUpstreamImage"]
    Principal = { AWS = "arn:aws:iam::\${data.aws_caller_identity.me.account_id}:root" }
    Resource = "arn:aws:ecr:us-east-1:\${data.aws_caller_identity.me.account_id}:repository/ecr-public/*"
  }] })
}
output "repository_url" { value = aws_ecr_repository.app.repository_url }
output "user_name" {
  value     = data.aws_ecr_authorization_token.token.user_name
  sensitive = true
}
`
