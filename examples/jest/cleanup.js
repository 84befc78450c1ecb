const { BatchDeleteImageCommand, ECRClient, paginateListImages } = require('@aws-sdk/client-ecr')

/** Deletes the images of a repository that have no tag, and returns how many there were. */
async function deleteUntagged(repositoryName) {
  const client = new ECRClient()
  let deleted = 0
  for await (const { imageIds } of paginateListImages(
    { client },
    { repositoryName, filter: { tagStatus: 'UNTAGGED' } },
  )) {
    if (imageIds.length === 0) continue
    await client.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
    deleted += imageIds.length
  }
  return deleted
}

module.exports = { deleteUntagged }
