import type { Core } from '#core/core.js';
import { PHONE_SETTING_COLUMNS, toPhoneSettings, type PhoneSettings } from '#core/phones/phone-settings.js';

export interface ListedPhone {
  id: string;
  name: string;
  /** The numbers that ring on it. */
  numbers: string[];
  /** Where it is registered from now; empty: it cannot be called. */
  registrations: PhoneRegistration[];
  settings: PhoneSettings;
  createdAt: Date;
}

export interface PhoneRegistration {
  uri: string;
  transport: 'udp' | 'tcp' | 'tls';
  address: string;
  port: number;
  expiresAt: Date;
}

/** The account's phones by name, with their live registrations. */
export async function listPhones(
  core: Pick<Core, 'db' | 'clock'>,
  input: { accountId: string },
): Promise<ListedPhone[]> {
  const phones = await core.db
    .selectFrom('phones')
    .select(['id', 'name', 'created_at', ...PHONE_SETTING_COLUMNS])
    .where('account_id', '=', input.accountId)
    .orderBy('name')
    .execute();
  const numbers = await core.db
    .selectFrom('numbers')
    .select(['number', 'phone_id'])
    .where('account_id', '=', input.accountId)
    .where('phone_id', 'is not', null)
    .orderBy('number')
    .execute();
  const contacts = await core.db
    .selectFrom('phone_contacts')
    .innerJoin('phones', 'phones.id', 'phone_contacts.phone_id')
    .selectAll('phone_contacts')
    .where('phones.account_id', '=', input.accountId)
    .where('phone_contacts.expires_at', '>', new Date(core.clock.now()))
    .orderBy('phone_contacts.uri')
    .execute();
  return phones.map((phone) => ({
    id: phone.id,
    name: phone.name,
    numbers: numbers.filter((row) => row.phone_id === phone.id).map((row) => row.number),
    registrations: contacts
      .filter((row) => row.phone_id === phone.id)
      .map(({ uri, transport, address, port, expires_at }) => ({
        uri,
        transport,
        address,
        port,
        expiresAt: expires_at,
      })),
    settings: toPhoneSettings(phone),
    createdAt: phone.created_at,
  }));
}
