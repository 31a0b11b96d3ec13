const secretName = /token|secret|passw|passphrase|credential|api_?key|private_?key|auth(?!or)/i
/** Shorter values are words that would be struck out everywhere. */
const shortest = 6

/**
 * A text without the secrets that are known here: the values of variables named like one, and those that are given.
 * Passwords and queries inside of addresses go too.
 */
export function redacted(
  text: string,
  secrets: readonly string[] = [],
  env: Record<string, string | undefined> = process.env,
): string {
  const known = Object.entries(env).flatMap(([name, value]) => (value && secretName.test(name) ? [value] : []))
  return [...secrets, ...known]
    .filter((secret) => secret.length >= shortest)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    .replace(/(\w+:\/\/)[^\s/@]+@/g, '$1***@')
    .replace(/(https?:\/\/[^\s?]+)\?\S+/g, '$1?***')
}
