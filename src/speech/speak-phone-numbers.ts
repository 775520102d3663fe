/** Telephone numbers digit by digit, in the groups people say them in, a pause between: "two one two, five five five, …". */
import { digitByDigit } from '#speech/speak-numbers.js';

const START = String.raw`(?<![\w.,:/$#-])`;
const END = String.raw`(?![\w-]|[.,:/]\d)`;
/** North American numbers, with or without the country code (NANPA: area codes and exchanges start with 2 to 9). */
const NORTH_AMERICAN = new RegExp(
  String.raw`${START}(?:\+?(1)[ .-]?)?(?:\(([2-9]\d\d)\) ?|([2-9]\d\d)[ .-]?)([2-9]\d\d)[ .-]?(\d{4})${END}`,
  'g',
);
const INTERNATIONAL = new RegExp(String.raw`${START}\+([1-9](?:[ .()-]*\d){6,14})${END}`, 'g');
const LOCAL = new RegExp(String.raw`${START}([2-9]\d\d)-(\d{4})${END}`, 'g');

/** Before `speakNumbers`, after dates. */
export function speakPhoneNumbers(text: string): string {
  return text
    .replace(
      NORTH_AMERICAN,
      (
        _all,
        country: string | undefined,
        bracketed: string | undefined,
        bare: string | undefined,
        exchange: string,
        line: string,
      ) => groups([country ?? '', bracketed ?? bare ?? '', exchange, line]),
    )
    .replace(INTERNATIONAL, (_all, written: string) => `plus ${groups(written.split(/[ .()-]+/).flatMap(inPieces))}`)
    .replace(LOCAL, (_all, exchange: string, line: string) => groups([exchange, line]))
    .replace(
      /\b(?:ext\.? ?(?=\d)|x(?=\d\d))(\d{1,6})(?!\w)/gi,
      (_all, digits: string) => `extension ${digitByDigit(digits)}`,
    );
}

/** An unbroken run cut so that it can be followed: two digits, then threes, four at the end where one would be left. */
function inPieces(run: string): string[] {
  if (run.length <= 4) return [run];
  const pieces = [run.slice(0, 2)];
  for (let at = 2; at < run.length;) {
    const left = run.length - at;
    const take = left === 4 ? 4 : Math.min(3, left);
    pieces.push(run.slice(at, at + take));
    at += take;
  }
  return pieces;
}

function groups(digits: readonly string[]): string {
  return digits
    .filter(Boolean)
    .map((group) => (group === '800' ? 'eight hundred' : digitByDigit(group)))
    .join(', ');
}
