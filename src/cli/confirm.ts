import type { Output } from './output.ts'

/** Asks on a terminal; where nobody can be asked, the command itself was the word. */
export async function confirmed(out: Output, question: string): Promise<boolean> {
  if (!out.live || process.stdin.isTTY !== true) return true
  const { confirm } = await import('@clack/prompts')
  return (await confirm({ message: question, initialValue: false })) === true
}
