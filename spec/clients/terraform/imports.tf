# What another state has created is imported by the ids that the provider's documentation gives.

import {
  to = aws_ecr_repository.app
  id = "team/app"
}

import {
  to = aws_ecr_repository.encrypted
  id = "team/encrypted"
}

import {
  to = aws_ecr_repository_policy.app
  id = "team/app"
}

import {
  to = aws_ecr_lifecycle_policy.app
  id = "team/app"
}

import {
  to = aws_ecr_registry_policy.all
  id = "000000000000"
}

import {
  to = aws_ecr_registry_scanning_configuration.all
  id = "000000000000"
}

import {
  to = aws_ecr_replication_configuration.all
  id = "000000000000"
}

import {
  to = aws_ecr_account_setting.policy_scope
  id = "REGISTRY_POLICY_SCOPE"
}

import {
  to = aws_ecr_pull_through_cache_rule.public
  id = "ecr-public"
}

import {
  to = aws_ecr_pull_through_cache_rule.hub
  id = "hub"
}

import {
  to = aws_ecr_repository_creation_template.public
  id = "ecr-public"
}

import {
  to = aws_ecr_repository_creation_template.other
  id = "ROOT"
}
