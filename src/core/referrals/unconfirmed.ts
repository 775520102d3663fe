import type { Origin } from '#core/origins/index.js';
import type { Clue } from '#core/referrals/clues.js';

/**
 * Where nothing but addresses that anybody can type at a link leads to an advocate: what is to be said of it. Undefined: a
 * code, a browser, a letter or the shop says so as well, or it was typed where the origin came from. `clues`: all that count.
 */
export function unconfirmed(chosen: Clue, clues: readonly Clue[], origin: Origin): string | undefined {
  // Whoever brought a friend first keeps them by whichever advocate they are brought again.
  const grounds = clues.filter(({ offer, campaign }) =>
    chosen.method === 'sticky_advocate'
      ? campaign.id === chosen.campaign.id && offer.personId !== origin.personId
      : offer.id === chosen.offer.id,
  );
  if (grounds.some(({ confirmed }) => confirmed)) return undefined;
  const typed = grounds.find(({ claim }) => claim !== null)?.claim;
  return typed
    ? `Nothing confirms what was typed at click ${typed.id}.`
    : 'Nothing confirms what was typed before the event that it follows from.';
}
