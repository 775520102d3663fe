import { firstAccountId } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import type { PhoneConfig } from '#voice/engine.js';

/**
 * The phones as the engine must know them, with the registrations that are still live. The first account's phones
 * answer to any host name, so that a single business needs no DNS; those of other accounts only to their account's
 * domain (rule 32). A phone whose password cannot be opened (another secret key) is left out, loudly.
 */
export async function readPhoneConfigs(core: Pick<Core, 'db' | 'clock' | 'secrets' | 'log'>): Promise<PhoneConfig[]> {
  const first = await firstAccountId(core.db);
  const phones = await core.db
    .selectFrom('phones')
    .innerJoin('accounts', 'accounts.id', 'phones.account_id')
    .select(['phones.id', 'phones.name', 'phones.account_id', 'phones.password_encrypted', 'accounts.domain'])
    .orderBy('phones.id')
    .execute();
  const contacts = await core.db
    .selectFrom('phone_contacts')
    .selectAll()
    .where('expires_at', '>', new Date(core.clock.now()))
    .orderBy('uri')
    .execute();

  const configs: PhoneConfig[] = [];
  for (const phone of phones) {
    let password: string;
    try {
      password = core.secrets.open(phone.password_encrypted);
    } catch {
      core.log.error({ phone: phone.id }, 'the password of a phone cannot be decrypted: was the secret key changed?');
      continue;
    }
    configs.push({
      id: phone.id,
      name: phone.name,
      ...(phone.account_id === first ? {} : { domain: phone.domain }),
      password,
      contacts: contacts
        .filter((contact) => contact.phone_id === phone.id)
        .map((contact) => ({
          uri: contact.uri,
          transport: contact.transport,
          address: contact.address,
          port: contact.port,
          expiresAt: contact.expires_at.getTime(),
        })),
    });
  }
  return configs;
}
