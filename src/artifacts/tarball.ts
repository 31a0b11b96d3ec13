import { Gzip } from 'fflate'
import { Header, Pax } from 'tar'

/** One entry of an archive. Paths are relative, with `/`. */
export type TarEntry =
  | { kind: 'directory'; path: string }
  | { kind: 'file'; path: string; executable: boolean; content: Uint8Array }
  | { kind: 'link'; path: string; target: string }

const block = 512
/** gzip is fed pieces of this size, so that its output depends on the content alone and the event loop gets air. */
const piece = 256 * 1024
/** The same moment for every file; npm's own choice, because some tools reject the epoch. */
const mtime = new Date('1985-10-26T08:15:00.000Z')

/**
 * A `.tar.gz` of the entries in the order given: the same entries always give the same bytes, on every machine.
 * Compressed by fflate, whose output is a function of its input; zlib's differs between builds and processors.
 */
export async function tarball(entries: readonly TarEntry[]): Promise<Uint8Array> {
  const out: Uint8Array[] = []
  const gzip = new Gzip({ level: 6, mtime: 0 }, (chunk) => out.push(chunk))
  let pending: Uint8Array[] = []
  let size = 0
  const drain = async (final: boolean) => {
    const all = Buffer.concat(pending)
    let at = 0
    for (; at + piece <= all.length; at += piece) {
      gzip.push(all.subarray(at, at + piece))
      await new Promise((resolve) => setImmediate(resolve))
    }
    pending = [all.subarray(at)]
    size = all.length - at
    if (final) gzip.push(pending[0] ?? new Uint8Array(), true)
  }
  for (const entry of entries) {
    for (const bytes of encoded(entry)) {
      pending.push(bytes)
      size += bytes.length
    }
    if (size >= piece) await drain(false)
  }
  pending.push(new Uint8Array(2 * block))
  await drain(true)
  return Buffer.concat(out)
}

function encoded(entry: TarEntry): Uint8Array[] {
  const content = entry.kind === 'file' ? entry.content : new Uint8Array()
  const linkpath = entry.kind === 'link' ? entry.target : undefined
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path
  const header = new Header({
    path,
    linkpath,
    mode: entry.kind === 'file' && !entry.executable ? 0o644 : 0o755,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: content.length,
    mtime,
    type: entry.kind === 'directory' ? 'Directory' : entry.kind === 'link' ? 'SymbolicLink' : 'File',
  })
  const tooLong = header.encode()
  const extended = tooLong ? new Pax({ path, linkpath, size: content.length, mtime }).encode() : null
  const padding = new Uint8Array((block - (content.length % block)) % block)
  return [extended, header.block, content, padding].filter(
    (bytes): bytes is Buffer => bytes != null && bytes.length > 0,
  )
}
