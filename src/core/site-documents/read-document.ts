import { CoreError } from '#core/errors.js';
import { sentenceOf, type Fault, type Shape } from '#core/site-documents/json-shape.js';

/** Whose refusal it is. */
export type DocumentCode = 'site.bad_input' | 'coupon_list.bad_input' | 'referral_campaign.bad_input';

/** @throws CoreError of this code, with all that is wrong */
export function readDocument<T>(shape: Shape<T>, value: unknown, code: DocumentCode): T {
  const faults: Fault[] = [];
  const read = shape(value, '', faults);
  throwFaults(faults, code);
  return read;
}

/** @throws CoreError of this code, where there are any */
export function throwFaults(faults: readonly Fault[], code: DocumentCode): void {
  const [first] = faults;
  if (first !== undefined) throw new CoreError(code, sentenceOf(faults), { field: first.path, problems: faults });
}
