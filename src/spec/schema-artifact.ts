import * as z from 'zod'
import { filledText, mapping } from './scalars.ts'

export const artifactKinds = ['path', 'npm', 'archive', 'image', 'manifests'] as const

const phrase = 'a folder such as ./app, or one of { path }, { npm }, { archive }, { image }, { manifests }'
const npmPhrase = 'a package with an exact version, such as http-server@14.1.0 (the version may come from --version)'
const imagePhrase = 'an image reference such as ghcr.io/acme/checkout:1.8.0'

/** `name`, `name@1.2.3`, `@scope/name@1.2.3`. */
export const npmPattern =
  /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@(\d+\.\d+\.\d+(?:[-+][\w.+-]*)?))?$/
/** registry/name, then `:tag` and `@sha256:…` where given. */
export const imagePattern =
  /^((?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/

const artifactObject = mapping(
  {
    path: filledText.optional().meta({ description: 'A folder, from where this file is; it is packed and sent.' }),
    exclude: z
      .array(filledText, 'a list of patterns')
      .optional()
      .meta({ description: 'With `path`: patterns of what is left out.' }),
    npm: z
      .string(npmPhrase)
      .max(256, npmPhrase)
      .regex(npmPattern, npmPhrase)
      .optional()
      .meta({ description: 'A package of the npm registry: `http-server@14.1.0`.' }),
    archive: filledText.optional().meta({ description: 'A .tar.gz, by path or https address.' }),
    integrity: z
      .string()
      .regex(/^sha(?:256|384|512)-[A-Za-z0-9+/]+={0,2}$/, 'an integrity such as sha512-…, in base64')
      .optional()
      .meta({ description: 'With `archive`: what its content must match.' }),
    image: z
      .string(imagePhrase)
      .max(512, imagePhrase)
      .regex(imagePattern, imagePhrase)
      .optional()
      .meta({ description: 'A container image; without a tag, the version is its tag.' }),
    manifests: z
      .union(
        [filledText, z.array(filledText, 'a list of files or folders').min(1, 'at least one file or folder')],
        'a file, a folder, or a list of them',
      )
      .optional()
      .meta({ description: 'Existing manifests: files or folders.' }),
    workload: filledText
      .optional()
      .meta({ description: "With `manifests`: which workload among them is the service's." }),
  },
  phrase,
).refine((value) => artifactKinds.filter((kind) => value[kind] != null).length <= 1, {
  message: `only one of ${artifactKinds.join(', ')}`,
})

export const artifact = z.union([filledText, artifactObject], phrase).meta({
  id: 'artifact',
  description: 'What is deployed: a folder, an npm package, an archive, an image or manifests.',
})
