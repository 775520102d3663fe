import { RollingWindow } from '#apis/http/rolling-window.js';
import type { Core } from '#core/core.js';

/** From one address in any rolling 60 s: pages that are looked at, and what is sent from them. */
export const LOOKS_PER_MINUTE = 120;
export const POSTS_PER_MINUTE = 20;
/** What the tag of one browser says, and the tags of all browsers at one address. */
export const TAGS_PER_VISITOR = 60;
export const TAGS_PER_ADDRESS = 300;

/** Exact for one process. */
export class OpenLimit {
  readonly #window = new RollingWindow();

  /** Whether one more is let in. */
  admits({ clock }: Pick<Core, 'clock'>, what: string, most: number): boolean {
    return this.#window.admit(what, most, clock.now()).admitted;
  }
}
