import Type from 'typebox';
import type { Problem } from '#apis/http/index.js';
import { VALIDATION_FAILED } from '#apis/referrals/refusals.js';

export const ErrorBody = Type.Object({
  ok: Type.Literal(false),
  error_message: Type.String({ description: 'A sentence for developers, not for those who shop.' }),
});

/** Everything that goes wrong, in the one shape of this door. */
export function presentError(problem: Problem): { ok: false; error_message: string } {
  return { ok: false, error_message: sentence(problem) };
}

function sentence({ code, message, faults = [] }: Problem): string {
  const unknown = faults.filter(({ kind }) => kind === 'unknown').map(({ field }) => `:${lastStep(field)}`);
  if (unknown.length > 0) return `found unpermitted parameter${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`;
  const missing = faults.filter(({ kind }) => kind === 'missing').map(({ field }) => `\`${field}\``);
  if (missing.length > 0) return `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} required`;
  return code === VALIDATION_FAILED ? `Validation failed: ${message}` : message;
}

function lastStep(field: string): string {
  return field.slice(field.lastIndexOf('.') + 1);
}
