/**
 * Whether a media worker still does its work. It reports its load once a second while it has legs; one that is silent for
 * too long hangs, one that lags behind for too long serves nobody, and in either case its calls are better ended.
 */

/** Looks at the worker, one each second, without a report. Looks, not time: whoever hangs itself does not look. */
export const MAX_SILENT_LOOKS = 5;
/** Reports in a row of a lag that makes every call on it unusable, milliseconds. */
export const UNUSABLE_LAG_MS = 300;
export const MAX_UNUSABLE_REPORTS = 5;

export class WorkerWatch {
  #silentLooks = 0;
  #unusableReports = 0;

  reported(tickLagMs: number): void {
    this.#silentLooks = 0;
    this.#unusableReports = tickLagMs >= UNUSABLE_LAG_MS ? this.#unusableReports + 1 : 0;
  }

  /** Once a second. `legs`: of the worker. Returns why it is to be replaced. */
  look(legs: number): string | undefined {
    if (legs === 0) {
      this.#silentLooks = 0;
      this.#unusableReports = 0;
      return undefined;
    }
    this.#silentLooks++;
    if (this.#silentLooks > MAX_SILENT_LOOKS) return `the media worker said nothing for ${MAX_SILENT_LOOKS} s`;
    if (this.#unusableReports >= MAX_UNUSABLE_REPORTS) {
      return `the media worker was over ${UNUSABLE_LAG_MS} ms late for ${MAX_UNUSABLE_REPORTS} s`;
    }
    return undefined;
  }
}
