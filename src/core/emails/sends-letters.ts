import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

/** Whether letters are handed to anybody. In test mode all is as if they were. */
export function sendsLetters({ mail }: Pick<Core, 'mail'>, mode: Mode): boolean {
  return mode === 'test' || mail !== undefined;
}
