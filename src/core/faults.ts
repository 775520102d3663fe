import { CoreError, type ErrorCode, type Fault } from '#core/errors.js';

/** Sentences are read by people: the rest of many faults is counted. */
const MOST_SHOWN = 10;

/** @throws CoreError of this code with all of them, where there are any */
export function throwFaults(faults: readonly Fault[], code: ErrorCode): void {
  const [first] = faults;
  if (first === undefined) return;
  const shown = faults.slice(0, MOST_SHOWN).map(({ path, message }) => `\`${path}\` ${message}`);
  const more = faults.length - shown.length;
  const sentence = `${shown.join('; ')}${more === 0 ? '' : `; and ${more} more`}.`;
  throw new CoreError(code, sentence, { field: first.path, problems: faults });
}
