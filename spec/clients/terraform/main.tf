# Every resource and data source of ECR that the AWS provider 5.100 has. The second revision changes what can be updated.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint" {}

variable "revision" {
  default = 1
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "test"
  secret_key              = "test"
  skip_metadata_api_check = true
  skip_region_validation  = true
  endpoints {
    ecr = var.endpoint
    sts = var.endpoint
  }
}

locals {
  first    = var.revision == 1
  registry = data.aws_caller_identity.me.account_id
  pull = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "pull", Effect = "Allow", Principal = "*", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"] }
  ] })
  push = jsonencode({ Version = "2012-10-17", Statement = [
    { Sid = "push", Effect = "Allow", Principal = "*", Action = "ecr:PutImage" }
  ] })
}

data "aws_caller_identity" "me" {}

data "aws_ecr_authorization_token" "token" {}

resource "aws_ecr_repository" "app" {
  name                 = "team/app"
  image_tag_mutability = local.first ? "IMMUTABLE" : "MUTABLE"
  image_scanning_configuration {
    scan_on_push = local.first
  }
  tags = local.first ? { team = "app" } : { team = "web", stage = "test" }
}

resource "aws_ecr_repository" "encrypted" {
  name = "team/encrypted"
  encryption_configuration {
    encryption_type = "KMS"
  }
}

resource "aws_ecr_repository_policy" "app" {
  repository = aws_ecr_repository.app.name
  policy     = local.first ? local.pull : local.push
}

data "aws_ecr_lifecycle_policy_document" "app" {
  rule {
    priority    = 1
    description = "Old releases"
    selection {
      tag_status       = "tagged"
      tag_pattern_list = ["v*", "release-*"]
      count_type       = "imageCountMoreThan"
      count_number     = local.first ? 10 : 20
    }
  }
  rule {
    priority = 2
    selection {
      tag_status   = "untagged"
      count_type   = "sinceImagePushed"
      count_unit   = "days"
      count_number = 14
    }
    action {
      type = "expire"
    }
  }
}

resource "aws_ecr_lifecycle_policy" "app" {
  repository = aws_ecr_repository.app.name
  policy     = data.aws_ecr_lifecycle_policy_document.app.json
}

resource "aws_ecr_registry_policy" "all" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Sid       = "cache"
    Effect    = "Allow"
    Action    = local.first ? ["ecr:CreateRepository", "ecr:BatchImportUpstreamImage"] : ["ecr:CreateRepository"]
    Principal = { AWS = "arn:aws:iam::${local.registry}:root" }
    Resource  = "arn:aws:ecr:us-east-1:${local.registry}:repository/ecr-public/*"
  }] })
}

resource "aws_ecr_registry_scanning_configuration" "all" {
  scan_type = local.first ? "BASIC" : "ENHANCED"
  rule {
    scan_frequency = "SCAN_ON_PUSH"
    repository_filter {
      filter      = "team/*"
      filter_type = "WILDCARD"
    }
  }
  dynamic "rule" {
    for_each = local.first ? [] : ["release/*"]
    content {
      scan_frequency = "CONTINUOUS_SCAN"
      repository_filter {
        filter      = rule.value
        filter_type = "WILDCARD"
      }
    }
  }
}

resource "aws_ecr_replication_configuration" "all" {
  replication_configuration {
    rule {
      destination {
        region      = "eu-west-1"
        registry_id = local.registry
      }
      dynamic "destination" {
        for_each = local.first ? [] : ["eu-central-1"]
        content {
          region      = destination.value
          registry_id = local.registry
        }
      }
      repository_filter {
        filter      = "release/"
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}

resource "aws_ecr_account_setting" "policy_scope" {
  name  = "REGISTRY_POLICY_SCOPE"
  value = local.first ? "V2" : "V1"
}

resource "aws_ecr_pull_through_cache_rule" "public" {
  ecr_repository_prefix = "ecr-public"
  upstream_registry_url = "public.ecr.aws"
}

resource "aws_ecr_pull_through_cache_rule" "hub" {
  ecr_repository_prefix      = "hub"
  upstream_registry_url      = "registry-1.docker.io"
  upstream_repository_prefix = "library"
  credential_arn             = "arn:aws:secretsmanager:us-east-1:${local.registry}:secret:ecr-pullthroughcache/${local.first ? "hub" : "hub2"}"
}

resource "aws_ecr_repository_creation_template" "public" {
  prefix               = "ecr-public"
  description          = local.first ? "Cached images" : "Images of the cache"
  applied_for          = local.first ? ["PULL_THROUGH_CACHE"] : ["PULL_THROUGH_CACHE", "REPLICATION"]
  image_tag_mutability = local.first ? "MUTABLE" : "IMMUTABLE"
  repository_policy    = local.first ? local.pull : local.push
  lifecycle_policy     = data.aws_ecr_lifecycle_policy_document.app.json
  encryption_configuration {
    encryption_type = "AES256"
  }
  resource_tags = local.first ? { origin = "cache" } : { origin = "cache", kept = "yes" }
}

resource "aws_ecr_repository_creation_template" "other" {
  prefix      = "ROOT"
  applied_for = ["REPLICATION"]
}

data "aws_ecr_repository" "app" {
  name = aws_ecr_repository.app.name
}

data "aws_ecr_repositories" "all" {
  depends_on = [aws_ecr_repository.app, aws_ecr_repository.encrypted]
}

data "aws_ecr_pull_through_cache_rule" "hub" {
  ecr_repository_prefix = aws_ecr_pull_through_cache_rule.hub.ecr_repository_prefix
}

data "aws_ecr_repository_creation_template" "public" {
  prefix = aws_ecr_repository_creation_template.public.prefix
}

# The repository and its image are there before.
data "aws_ecr_image" "base" {
  repository_name = "base"
  most_recent     = true
}

output "repository_url" {
  value = aws_ecr_repository.app.repository_url
}

output "user_name" {
  value     = data.aws_ecr_authorization_token.token.user_name
  sensitive = true
}

output "described" {
  value = {
    arn        = data.aws_ecr_repository.app.arn
    mutability = data.aws_ecr_repository.app.image_tag_mutability
    tags       = data.aws_ecr_repository.app.tags
    names      = data.aws_ecr_repositories.all.names
    credential = data.aws_ecr_pull_through_cache_rule.hub.credential_arn
    template   = data.aws_ecr_repository_creation_template.public.applied_for
    digest     = data.aws_ecr_image.base.image_digest
    tag        = data.aws_ecr_image.base.image_tags
    kms        = aws_ecr_repository.encrypted.encryption_configuration[0].kms_key
  }
}
