import type { Fault } from '#core/errors.js';
import { throwFaults } from '#core/faults.js';
import { isOneLine } from '#core/sites/index.js';

/** Gathers what is wrong, so that all of it is told at once. */
export class Problems {
  readonly found: Fault[];

  /** `known`: found before; nothing more is said of the same places. */
  constructor(private readonly known: readonly Fault[] = []) {
    this.found = [...known];
  }

  add(path: string, message: string): void {
    if (!this.known.some((one) => one.path === path)) this.found.push({ path, message });
  }

  /** Undefined is never wrong. */
  text(path: string, text: string | undefined, most: number, least = 1): void {
    if (text === undefined) return;
    if (text.trim().length < least || text.length > most) this.add(path, `has ${least} to ${most} characters`);
    else if (text.includes('\0')) this.add(path, 'has a character that cannot be stored');
  }

  /** As in subjects of letters and titles of pages. */
  line(path: string, text: string | undefined, most: number): void {
    this.text(path, text, most);
    if (text !== undefined && !isOneLine(text)) this.add(path, 'is one line');
  }

  whole(path: string, value: number | undefined, least: number, most: number): void {
    if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
    this.add(path, `is a whole number from ${least} to ${most}`);
  }

  count(path: string, items: readonly unknown[], most: number): void {
    if (items.length > most) this.add(path, `has at most ${most} entries`);
  }

  unique(path: string, names: readonly string[]): void {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) this.add(path, `has "${twice.slice(0, 50)}" twice`);
  }

  ordered(path: string, least: number | undefined, most: number | undefined): void {
    if (least !== undefined && most !== undefined && least > most) this.add(path, 'is less than the least');
  }

  /** @throws CoreError `referral_campaign.bad_input` with all of them */
  throwAny(): void {
    throwFaults(this.found, 'referral_campaign.bad_input');
  }
}
