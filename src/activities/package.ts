import { packageRelease as pack } from '../artifacts/package-release.ts'
import { TidegateError } from '../errors.ts'
import type { ReleaseDraft, ReleaseRecord, ReleaseRef, Target } from '../spec/model.ts'
import { getJson } from '../store/canonical.ts'
import type { ActivityContext } from './context.ts'
import { whileHeartbeating } from './heartbeat.ts'

export interface PackageArgs {
  target: Target
  /** Digest of a draft to package; absent: `release` is a retained one, and only has to be there. */
  draft?: string
  release: ReleaseRef | null
}

/** Stage `package`: the draft becomes an immutable record in the content store. */
export function packageActivities({ platform, cacheDir }: ActivityContext) {
  return {
    async packageRelease({ target, draft, release }: PackageArgs): Promise<ReleaseRef> {
      if (draft === undefined) {
        if (release === null) throw new TidegateError('release.unknown', { release: target.service })
        await getJson<ReleaseRecord>(platform.store, release.digest)
        return release
      }
      return whileHeartbeating(async (signal) => {
        const source = await getJson<ReleaseDraft>(platform.store, draft)
        const { ref } = await pack({ draft: source, store: platform.store, cacheDir, signal })
        return ref
      })
    },
  }
}
