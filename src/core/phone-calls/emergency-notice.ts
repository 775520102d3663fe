import type { Transaction } from 'kysely';
import type { CallRow } from '#core/calls/index.js';
import { queueEmail } from '#core/emails/index.js';
import { ownerAddresses } from '#core/people/index.js';
import type { CallingPhone } from '#core/phone-calls/calling-phone.js';
import type { Tables } from '#core/tables.js';
import { publishEvent } from '#core/webhooks/index.js';

/**
 * Tells the owners at once that somebody calls for help (rule 11; 47 CFR 9.16 asks for it in the United States): by an event,
 * and by e-mail to the account's address and to its owners'. Written with the call, before it is dialled.
 */
export async function noticeEmergency(
  tx: Transaction<Tables>,
  row: CallRow,
  phone: CallingPhone,
  at: Date,
): Promise<void> {
  const { account_id: accountId, to_number: number, from_number: callback } = row;
  const { location } = phone.settings;
  await publishEvent(tx, {
    accountId,
    mode: 'live',
    type: 'call.emergency',
    subject: row.id,
    data: { number, phone: phone.name, user: phone.displayName, callback, location },
    at,
  });
  const addresses = await ownerAddresses(tx, accountId);
  const body = [
    `${phone.displayName} is calling ${number} from the phone ${phone.name}.`,
    `Where it stands: ${location ?? 'nobody has said. Set it with "sidetone phones set".'}`,
    `The number that whoever helps can call back: ${callback}`,
    `At: ${at.toISOString()}`,
    `Call: ${row.id}`,
  ].join('\n');
  for (const to of addresses) {
    const subject = `Emergency call: ${number} from ${phone.name}`;
    await queueEmail(tx, { accountId, about: row.id, to, subject, body }, at);
  }
}
