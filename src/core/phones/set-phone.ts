import type { Updateable } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import { isE164, isExtension } from '#core/address.js';
import type { Core, Db } from '#core/core.js';
import { emergencyNumbers } from '#core/dial-plan/index.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { PHONE_SETTING_COLUMNS, toPhoneSettings, type PhoneSettings } from '#core/phones/phone-settings.js';
import type { PhoneTable } from '#core/tables.js';

export interface SetPhone extends Partial<PhoneSettings> {
  accountId: string;
  name: string;
  /** Who does it, for the audit log: `phone 101` where it is done on the phone. */
  actor: string;
}

const LOCATION_MAX_LENGTH = 300;

/**
 * Changes what is given of a phone's settings; gives all of them.
 * @throws CoreError `phone.not_found`, `phone.bad_input`
 */
export async function setPhone(core: Pick<Core, 'db' | 'clock'>, input: SetPhone): Promise<PhoneSettings> {
  const { accountId, name, actor, ...given } = input;
  const settings = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return inTransaction(core.db, async (tx) => {
    const phone = await tx
      .selectFrom('phones')
      .select(['id', ...PHONE_SETTING_COLUMNS])
      .where('account_id', '=', accountId)
      .where('name', '=', name)
      .forUpdate()
      .executeTakeFirst();
    if (phone === undefined) throw new CoreError('phone.not_found', `There is no phone "${name}".`, { field: 'name' });
    const changed: PhoneSettings = { ...toPhoneSettings(phone), ...settings };
    await checkSettings(tx, { accountId, name, settings });
    await tx.updateTable('phones').set(columnsOf(changed)).where('id', '=', phone.id).execute();
    await recordAudit(tx, {
      accountId,
      actor,
      action: 'phone.set',
      subject: phone.id,
      // Not what to: where people live, and the mobiles that they are forwarded to, do not belong in a log without end.
      details: { name, changed: Object.keys(settings) },
      at: new Date(core.clock.now()),
    });
    return changed;
  });
}

function columnsOf(settings: PhoneSettings): Updateable<PhoneTable> {
  return {
    do_not_disturb: settings.doNotDisturb,
    call_waiting: settings.callWaiting,
    hide_caller_id: settings.hideCallerId,
    forward_to: settings.forwardTo,
    caller_id: settings.callerId,
    location: settings.location === null ? null : JSON.stringify({ address: settings.location }),
  };
}

async function checkSettings(
  db: Db,
  { accountId, name, settings }: { accountId: string; name: string; settings: Partial<PhoneSettings> },
): Promise<void> {
  const { callerId, forwardTo, location } = settings;
  if (typeof callerId === 'string' && !(await ownsNumber(db, accountId, callerId))) {
    throw bad('callerId', `${callerId} is not a live number of this account that calls can come from.`);
  }
  if (typeof forwardTo === 'string') {
    if (forwardTo === name) throw bad('forwardTo', 'A phone cannot be forwarded to itself.');
    if (emergencyNumbers([]).has(forwardTo)) throw bad('forwardTo', 'Calls are never forwarded to emergency numbers.');
    if (!isE164(forwardTo) && !isExtension(forwardTo) && !(await hasPhone(db, accountId, forwardTo))) {
      throw bad('forwardTo', 'Give a number in E.164 (+12125550100), an extension or the name of a phone.');
    }
  }
  if (typeof location === 'string' && (location.trim() === '' || location.length > LOCATION_MAX_LENGTH)) {
    throw bad('location', `An address of 1 to ${LOCATION_MAX_LENGTH} characters: street, town, floor and room.`);
  }
}

async function ownsNumber(db: Db, accountId: string, number: string): Promise<boolean> {
  const row = await db
    .selectFrom('numbers')
    .select('id')
    .where('number', '=', number)
    .where('account_id', '=', accountId)
    .where('mode', '=', 'live')
    .where('kind', '=', 'e164')
    .executeTakeFirst();
  return row !== undefined;
}

async function hasPhone(db: Db, accountId: string, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('phones')
    .select('id')
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

function bad(field: keyof PhoneSettings, message: string): CoreError {
  return new CoreError('phone.bad_input', message, { field });
}
