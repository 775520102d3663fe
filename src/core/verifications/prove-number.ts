import { parseE164 } from '#core/address.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { checkCode, type CheckedCode } from '#core/verifications/check-code.js';
import { requestVerification } from '#core/verifications/request-verification.js';
import type { Verification, VerificationOwner } from '#core/verifications/verification.js';

export interface StartProof extends VerificationOwner {
  /** E.164, also as people write it. */
  number: string;
  /** BCP 47. */
  language?: string | undefined;
  dialect: string;
}

/**
 * Calls a number and speaks a code, so that whoever answers there can say that it is theirs: with the caps and the
 * privacy of every other code, and also where the account may reach nobody else yet.
 * @throws CoreError as `requestVerification` does
 */
export async function startNumberProof(
  core: Parameters<typeof requestVerification>[0],
  { number, ...input }: StartProof,
): Promise<Verification> {
  const to = parseE164(number);
  if (to === undefined) {
    throw new CoreError('verification.bad_input', 'Not an E.164 number: + and 7 to 15 digits, as in +12125550100.', {
      field: 'number',
    });
  }
  return requestVerification(core, { ...input, to, channel: 'voice', provesNumber: true });
}

/**
 * Checks the code of a proof, by its id or by the number. Once it is right the number is verified.
 * @throws CoreError `verification.bad_input`
 */
export async function proveNumber(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'wake'>,
  { number, ...input }: VerificationOwner & { code: string; id?: string; number?: string },
): Promise<CheckedCode> {
  const to = number === undefined ? undefined : (parseE164(number) ?? number);
  return checkCode(core, { ...input, to, provesNumber: true });
}
