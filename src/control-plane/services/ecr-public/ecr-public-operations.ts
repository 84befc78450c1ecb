import { builtIn, type NotBuilt, notBuilt } from '../not-built.js'
import type { PublicOperation } from './ecr-public-operation.js'
import { getPublicAuthorizationToken } from './operations/get-public-authorization-token.js'

/** The API of Amazon ECR Public, each operation by its AWS name. */
export const operationTable: Readonly<Record<string, PublicOperation | NotBuilt>> = {
  BatchCheckLayerAvailability: notBuilt,
  BatchDeleteImage: notBuilt,
  CompleteLayerUpload: notBuilt,
  CreateRepository: notBuilt,
  DeleteRepository: notBuilt,
  DeleteRepositoryPolicy: notBuilt,
  DescribeImageTags: notBuilt,
  DescribeImages: notBuilt,
  DescribeRegistries: notBuilt,
  DescribeRepositories: notBuilt,
  GetAuthorizationToken: getPublicAuthorizationToken,
  GetRegistryCatalogData: notBuilt,
  GetRepositoryCatalogData: notBuilt,
  GetRepositoryPolicy: notBuilt,
  InitiateLayerUpload: notBuilt,
  ListTagsForResource: notBuilt,
  PutImage: notBuilt,
  PutRegistryCatalogData: notBuilt,
  PutRepositoryCatalogData: notBuilt,
  SetRepositoryPolicy: notBuilt,
  TagResource: notBuilt,
  UntagResource: notBuilt,
  UploadLayerPart: notBuilt,
}

/** The operations that are built. */
export const operations = builtIn(operationTable)
