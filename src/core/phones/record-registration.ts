import type { Core } from '#core/core.js';
import { inTransaction } from '#core/in-transaction.js';
import type { PhoneContact } from '#voice/engine.js';

/**
 * Writes down where a phone is registered, in place of what was known (the engine's `registration` event carries all
 * contacts; none: it unregistered). A phone removed meanwhile is ignored. Calls for one phone must not overlap, or an
 * older list could win.
 */
export async function recordRegistration(
  core: Pick<Core, 'db'>,
  input: { phoneId: string; contacts: readonly PhoneContact[] },
): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    const phone = await tx
      .selectFrom('phones')
      .select('id')
      .where('id', '=', input.phoneId)
      .forUpdate()
      .executeTakeFirst();
    if (phone === undefined) return;
    await tx.deleteFrom('phone_contacts').where('phone_id', '=', phone.id).execute();
    // A phone that registers one URI twice is known by its last registration.
    const byUri = new Map(input.contacts.map((contact) => [contact.uri, contact]));
    if (byUri.size === 0) return;
    await tx
      .insertInto('phone_contacts')
      .values(
        [...byUri.values()].map((contact) => ({
          phone_id: phone.id,
          uri: contact.uri,
          transport: contact.transport,
          address: contact.address,
          port: contact.port,
          expires_at: new Date(contact.expiresAt),
        })),
      )
      .execute();
  });
}
