/**
 * Waits before the attempts after the first, seconds: quick at first, for restarts, then growing to more than a day in
 * all, also when chance makes each the shortest: they are spread by a fifth to both sides, so that a recovering endpoint
 * is not hit all at once.
 */
const WAITS_SECONDS = [5, 30, 120, 600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 16 * 3600];

export const MOST_ATTEMPTS = WAITS_SECONDS.length + 1;

/** An endpoint that has answered nothing but failures for this long is switched off. */
export const SWITCH_OFF_AFTER_MS = 3 * 86_400_000;

/** Milliseconds until the attempt after `attempts` failed ones; undefined when there is none. `random`: [0, 1). */
export function retryDelayMs(attempts: number, random: number): number | undefined {
  const wait = WAITS_SECONDS[attempts - 1];
  return wait === undefined ? undefined : Math.round(wait * 1000 * (0.8 + 0.4 * random));
}
