/**
 * `@peculiar/x509` is put together by a library that asks for metadata of its classes, and refuses to load where nobody can
 * be asked. There is none here, as its classes take nothing in their constructors: that is the answer.
 */
const none = () => undefined
if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata: none, getOwnMetadata: none })
