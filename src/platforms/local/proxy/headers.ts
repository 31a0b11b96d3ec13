// A client must not name these in Connection: without them a body could be taken for the next request.
const framing = new Set(['content-length', 'transfer-encoding', 'host'])

// RFC 9110, 7.6.1: these concern one connection and are not passed on.
const single = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'expect'])

/**
 * Raw headers (name, value, name, value…) without those of the single connection.
 * @param keepLength keep `transfer-encoding`, so that the body is sent on in the way it came
 * @param without names (lower case) to leave out as well
 */
export function hopByHop(raw: string[], { keepLength = false, without = [] as string[] } = {}): string[] {
  const named = new Set(without)
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === 'connection')
      for (const name of tokens(raw[i + 1])) if (!framing.has(name)) named.add(name)
  }
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]]
    const key = name.toLowerCase()
    if (single.has(key) || named.has(key) || (key === 'transfer-encoding' && !keepLength)) continue
    kept.push(name, value)
  }
  return kept
}

const tokens = (value = '') => value.split(',').map((token) => token.trim().toLowerCase())
