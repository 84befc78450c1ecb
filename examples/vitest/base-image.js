/** Returns the digest that a tag has in a registry, as `docker pull` would find it. */
export async function digestOf(registry, { username, password }, repository, tag) {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json'
  const answer = await fetch(`http://${registry}/v2/${repository}/manifests/${tag}`, {
    headers: { authorization, accept },
  })
  if (!answer.ok) throw new Error(`${repository}:${tag} cannot be pulled: ${answer.status}`)
  return answer.headers.get('docker-content-digest')
}
