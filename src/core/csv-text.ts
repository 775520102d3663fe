/**
 * Cells of files that people open with a spreadsheet. It takes a text that begins with one of these signs for a formula
 * and runs it (CWE-1236), so that such a text gets an apostrophe before it, which reading takes away again; a number
 * with its sign is harmless and stays.
 */
const GUARDED = /^'*[=+\-@\t\r]/;
const HARMLESS = /^[+-][0-9 ().-]*$/;
const GUARD = /^'(?='*[=+\-@\t\r])/;

/** One line of a CSV (RFC 4180), its cells safe for spreadsheets, with its line end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  const guarded = GUARDED.test(text) && !HARMLESS.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** A cell as `csvLine` was given it. */
export function withoutGuard(cell: string): string {
  return cell.startsWith("'") ? cell.replace(GUARD, '') : cell;
}
