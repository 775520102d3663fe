import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { toVerification, type Verification, type VerificationOwner } from '#core/verifications/verification.js';

/** @throws CoreError `verification.not_found`, also for one of another account or mode */
export async function findVerification(
  core: Pick<Core, 'db' | 'clock'>,
  owner: VerificationOwner,
  id: string,
): Promise<Verification> {
  const row = await core.db
    .selectFrom('verifications')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', owner.accountId)
    .where('mode', '=', owner.mode)
    .executeTakeFirst();
  if (row === undefined) throw new CoreError('verification.not_found', `There is no verification ${id}.`);
  return toVerification(row, core.clock.now());
}
