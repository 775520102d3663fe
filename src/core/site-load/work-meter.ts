/** Begins to measure a piece of work; what it gives says, once, how many milliseconds it has used. */
export type WorkMeter = () => () => number;

/**
 * Time that is shared by all that is under way: two pieces of work at once use half of it each. All of them together never
 * use more than there is, and whoever waits behind another's burst is not charged for it. `now` is in milliseconds.
 */
export function sharedTime(now: () => number): WorkMeter {
  let underWay = 0;
  /** What a piece of work that has been under way from the beginning would have used. */
  let used = 0;
  let last = now();
  const go = (): void => {
    const at = now();
    if (underWay > 0) used += (at - last) / underWay;
    last = at;
  };
  return () => {
    go();
    underWay += 1;
    const began = used;
    return () => {
      go();
      underWay -= 1;
      return used - began;
    };
  };
}
