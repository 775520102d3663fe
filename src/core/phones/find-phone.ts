import type { Core } from '#core/core.js';
import { PHONE_SETTING_COLUMNS, toPhoneSettings, type PhoneSettings } from '#core/phones/phone-settings.js';

export interface FoundPhone {
  id: string;
  accountId: string;
  name: string;
}

/** A phone with what is set on it, by its id. */
export async function findPhoneById(
  core: Pick<Core, 'db'>,
  id: string,
): Promise<(FoundPhone & { settings: PhoneSettings }) | undefined> {
  const row = await core.db
    .selectFrom('phones')
    .select(['id', 'account_id', 'name', ...PHONE_SETTING_COLUMNS])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { id: row.id, accountId: row.account_id, name: row.name, settings: toPhoneSettings(row) };
}
