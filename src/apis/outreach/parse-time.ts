import { atLocalTime, isTimeZone } from '#core/calling-hours/index.js';
import { HttpProblem } from '#apis/http/problem.js';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** An instant in ISO 8601 with an offset; anything else is refused by the name of its field. */
export function parseInstant(field: string, text: string): Date {
  const at = INSTANT.test(text) ? new Date(text) : undefined;
  if (at === undefined || Number.isNaN(at.getTime())) {
    throw new HttpProblem(
      'invalid_input',
      `${field} is not a time in ISO 8601 with an offset, such as 2026-12-01T15:00:00Z.`,
      {
        field,
      },
    );
  }
  return at;
}

/** The same, and without an offset the time on the clocks of `zone`; without a zone, UTC. */
export function parseInstantIn(field: string, text: string, zone: string | undefined): Date {
  if (zone !== undefined && !isTimeZone(zone)) {
    throw new HttpProblem('invalid_input', `${JSON.stringify(zone)} is not a time zone such as America/New_York.`, {
      field: 'timezone',
    });
  }
  return atLocalTime(zone ?? 'UTC', text) ?? parseInstant(field, text);
}

/** `2025-04-15T10:30:00Z`: this door writes no fractions (rule 29). */
export function presentTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

export function presentOptionalTime(at: Date | undefined): string | null {
  return at === undefined ? null : presentTime(at);
}
