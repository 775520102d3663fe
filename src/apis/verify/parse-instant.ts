import { HttpProblem } from '#apis/http/problem.js';

const SHAPE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** An instant in ISO 8601 with an offset; anything else is refused by the name of its field. */
export function parseInstant(field: string, text: string): Date {
  const at = SHAPE.test(text) ? new Date(text) : undefined;
  if (at !== undefined && !Number.isNaN(at.getTime())) return at;
  const message = 'It is not a time in ISO 8601 with an offset, such as 2026-12-01T15:00:00Z.';
  throw new HttpProblem('invalid_input', message, { field });
}
