/**
 * The words of a command written as one text: `node server.js --name "my shop"`. Quotes group, nothing else is
 * special: no shell reads it. Null where a quote is open or a shell would be needed (`|`, `&&`, `>`, `;`, `` ` ``).
 */
export function splitCommand(text: string): string[] | null {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (const char of text) {
    if (quote !== null) {
      if (char === quote) quote = null
      else word = (word ?? '') + char
    } else if (char === '"' || char === "'") {
      quote = char
      word = word ?? ''
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word)
      word = null
    } else if ('|&;<>`'.includes(char)) {
      return null
    } else {
      word = (word ?? '') + char
    }
  }
  if (quote !== null) return null
  if (word !== null) words.push(word)
  return words.length > 0 && words[0] !== '' ? words : null
}
