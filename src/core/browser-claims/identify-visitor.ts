import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import { checkEmail, isSignedIdentity, linkVisitor, upsertPerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/**
 * Whose browser it is, if the shop vouches for it: somebody new is known from now on. Without the shop's signature nothing
 * is written. Gives whether it was believed.
 * @throws CoreError `site_person.bad_input`, `visitor.bad_input`
 */
export async function identifyVisitor(
  core: Pick<Core, 'db' | 'clock' | 'secrets'>,
  site: Site,
  says: { visitor: string; email: string; identifierHash: string | undefined },
): Promise<boolean> {
  const email = checkEmail(says.email);
  const hash = says.identifierHash;
  if (hash === undefined || !(await isSignedIdentity(core, site, email, hash))) return false;
  const at = new Date(core.clock.now());
  await inTransaction(core.db, async (tx) => {
    // Each page of the shop says it: whoever is known is not written again. Held, so that nobody erases them meanwhile.
    const known = await tx
      .selectFrom('site_people')
      .select('id')
      .where('site_id', '=', site.id)
      .where('email', '=', email)
      .forKeyShare()
      .executeTakeFirst();
    const { id } = known ?? (await upsertPerson(tx, site, { email }, at));
    await linkVisitor(tx, site, says.visitor, id, at);
  });
  return true;
}
