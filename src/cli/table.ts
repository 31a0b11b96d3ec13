/** Tables without frames: they are read, and cut into columns by other programs. */
const sides = ['top', 'bottom', 'mid', 'left', 'right'] as const
const corners = ['mid', 'left', 'right'] as const
const frame = sides.flatMap((side) => [side, ...corners.map((corner) => `${side}-${corner}`)])

export const plainTable = {
  chars: { ...Object.fromEntries(frame.map((name) => [name, ''])), middle: '  ' },
  style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
}
