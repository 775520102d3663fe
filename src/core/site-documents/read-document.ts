import type { ErrorCode, Fault } from '#core/errors.js';
import { throwFaults } from '#core/faults.js';
import type { Shape } from '#core/site-documents/json-shape.js';

/** @throws CoreError of this code, with all that is wrong */
export function readDocument<T>(shape: Shape<T>, value: unknown, code: ErrorCode): T {
  const faults: Fault[] = [];
  const read = shape(value, '', faults);
  throwFaults(faults, code);
  return read;
}
