import { LOOPS, type Core, type Loop } from '#core/core.js';

/** The wake-ups of a core without loops: `woken` is told the name of each. */
export function wakesTelling(woken: (loop: Loop) => void = () => undefined): Core['wake'] {
  return Object.fromEntries(LOOPS.map((name) => [name, () => woken(name)])) as Core['wake'];
}
