import { HttpProblem } from '#apis/http/index.js';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** `2026-09-20T15:04:05.123000Z`: this door writes microseconds (rule 29), of which our clock knows thousands. */
export function presentTime(at: Date): string {
  return at.toISOString().replace('Z', '000Z');
}

export function presentOptionalTime(at: Date | undefined | null): string | null {
  return at === undefined || at === null ? null : presentTime(at);
}

/**
 * An instant in ISO 8601 with an offset. In an address `+` means a blank, and so `…T00:00:00 00:00` is what comes of an
 * offset that was not escaped.
 * @throws HttpProblem `invalid_input`, naming the field
 */
export function parseInstant(field: string, text: string): Date {
  const written = text.replace(/ (\d{2}:?\d{2})$/, '+$1');
  const at = INSTANT.test(written) ? new Date(written) : undefined;
  if (at !== undefined && !Number.isNaN(at.getTime())) return at;
  const message = `The field "${field}" is not a time in ISO 8601 with an offset, such as 2026-12-01T15:00:00+00:00.`;
  throw new HttpProblem('invalid_input', message, { field });
}
