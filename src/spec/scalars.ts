/** The small values of a spec. Every message is a phrase that completes "expected …". */
import semver from 'semver'
import * as z from 'zod'
import { splitCommand } from './command-line.ts'
import { durationPattern, parseDuration } from './duration.ts'

const durationPhrase = 'a time such as 30s, 5m or 1h30m, of a year at most'
export const duration = z
  .union(
    [
      z
        .string(durationPhrase)
        .regex(durationPattern, durationPhrase)
        .refine((text) => parseDuration(text) !== null, durationPhrase),
      z.literal(0, durationPhrase),
    ],
    durationPhrase,
  )
  .meta({ id: 'duration', description: 'A time: `30s`, `5m`, `1h30m`, or 0.' })

/**
 * A mapping without unknown keys. The phrase is for what is no mapping; about an unknown key the words come from
 * where the problem is made, since they list the known ones.
 */
export const mapping = <S extends z.core.$ZodLooseShape>(shape: S, phrase = 'a mapping') =>
  z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : phrase) })

export const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const namePhrase = 'a name of a-z, 0-9 and "-", with a letter or digit at both ends, at most 63 long'
/** Names of services, environments, locations, ports: they end in DNS labels and workflow ids. */
export const dnsName = z.string(namePhrase).regex(namePattern, namePhrase)

export const portNumber = z
  .int('a port: a whole number from 1 to 65535')
  .min(1, 'a port: a whole number from 1 to 65535')
  .max(65535, 'a port: a whole number from 1 to 65535')

/** A port by number or by its name in `ports`. */
export const portReference = z.union([portNumber, dnsName], 'a port, by its number or its name')

const versionPhrase = 'a semantic version in quotes or with three parts, such as 1.8.0'
export const version = z
  .string(versionPhrase)
  .max(128, 'a version of at most 128 characters')
  .refine((text) => semver.valid(text) === text.replace(/\+.*$/, ''), versionPhrase)

export const text = z.string('a text')
export const filledText = z.string('a text').min(1, 'a text that is not empty')
export const flag = z.boolean('true or false')

const commandPhrase = 'a command such as `node server.js`, or a list of its words (a shell needs [sh, -c, …])'
/** A command as a list of words, or as one text without a shell's special characters. */
export const command = z
  .union(
    [
      z.string(commandPhrase).refine((value) => splitCommand(value) !== null, commandPhrase),
      z.array(z.string('a text (put it in quotes)'), commandPhrase).min(1, commandPhrase),
    ],
    commandPhrase,
  )
  .meta({ id: 'command', description: 'A command: `node server.js`, or a list of its words. No shell reads it.' })

const percentPhrase = 'a percent such as 1% or 0.5%'
/** A share as users write it: `1%`, `0.5%`. */
export const percent = z
  .string(percentPhrase)
  .regex(/^\d+(?:\.\d+)?%$/, percentPhrase)
  .refine((value) => Number.parseFloat(value) <= 100, 'a percent from 0% to 100%')

const countPhrase = 'a whole number of 0 or more, or a percent such as 25%'
export const countOrPercent = z.union(
  [
    z.int(countPhrase).min(0, countPhrase).max(10_000, 'at most 10000'),
    z
      .string(countPhrase)
      .regex(/^\d+%$/, countPhrase)
      .refine((value) => Number.parseInt(value, 10) <= 100, 'a percent from 0% to 100%'),
  ],
  countPhrase,
)

const quantityPhrase = 'a quantity such as 500m, 2, 256Mi or 1.5G'
/** Kubernetes' notation for amounts of a resource. */
export const quantity = z.union(
  [
    z.number(quantityPhrase).min(0, quantityPhrase),
    z.string(quantityPhrase).regex(/^\d+(?:\.\d+)?(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/, quantityPhrase),
  ],
  quantityPhrase,
)

export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of a variable: letters, digits and "_", no digit first')

const webPhrase = 'an address such as https://example.com/path'
export const webAddress = z.string(webPhrase).regex(/^https?:\/\/[^\s/]+\S*$/, webPhrase)

const referencePhrase = 'a reference: env:NAME or file:path (never the value itself)'
/** Where a secret value is read from, on the machine that needs it. */
export const reference = z.string(referencePhrase).regex(/^(?:env:[A-Za-z_][A-Za-z0-9_]*|file:\S+)$/, referencePhrase)
