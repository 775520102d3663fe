import type { Static, TSchema } from 'typebox';
import { HttpProblem } from '#apis/http/problem.js';
import { compileValidator } from '#apis/http/validate.js';
import type { NewRecipient } from '#core/campaigns/index.js';

/** Reads one row of many by itself: where it is malformed, that is its own problem, and the others go on. */
export function rowReader<S extends TSchema>(
  schema: S,
  numberField: string,
  read: (row: Static<S>) => NewRecipient,
): (row: unknown) => NewRecipient {
  const check = compileValidator(schema, 'body');
  return (row) => {
    try {
      return read(check(row) as Static<S>);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      const number = typeof row === 'object' && row !== null ? (row as Record<string, unknown>)[numberField] : row;
      const { message, field = numberField } = error;
      return {
        phone: typeof number === 'string' ? number : '',
        problem: { code: 'campaign.bad_input', message, field },
      };
    }
  };
}
