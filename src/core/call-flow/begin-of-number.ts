import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { FlowCall } from '#core/call-flow/flow-step.js';

/**
 * Where a call to a number of the account begins: where the account leads it, else at the phone that has it, by its name.
 * Undefined: nobody has said so.
 */
export function beginOfNumber(
  { objects }: Pick<FlowConfiguration, 'objects'>,
  number: { id: number; phone: string | null },
): FlowCall['begin'] | undefined {
  if ((objects.number.get(number.id)?.destination ?? null) !== null) return { numberId: number.id };
  return number.phone === null ? undefined : { destination: { type: 'phone', id: number.phone } };
}
