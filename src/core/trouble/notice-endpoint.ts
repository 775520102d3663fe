import type { Transaction } from 'kysely';
import type { Tables } from '#core/tables.js';
import { noticeTrouble, noticeTroubleOver } from '#core/trouble/notice-trouble.js';
import type { SwitchedOff, SwitchedOn } from '#core/webhooks/index.js';

/** Its owners hear of it by their other endpoints, and by e-mail. */
export async function noticeEndpointOff(tx: Transaction<Tables>, off: SwitchedOff): Promise<void> {
  const { id: subject, accountId, origin: name, failingSince, at } = off;
  const detail =
    `Nothing sent there has arrived since ${failingSince.toISOString()}. Mend it, then send what failed again: ` +
    '"sidetone webhooks replay".';
  await noticeTrouble(tx, { kind: 'endpoint_off', subject, accountId, name, detail }, at);
}

/** They were told that it is off, and something has arrived there after all. */
export async function noticeEndpointOn(tx: Transaction<Tables>, on: SwitchedOn): Promise<void> {
  const { id: subject, accountId, origin: name, at } = on;
  const detail = 'What failed meanwhile is sent again by "sidetone webhooks replay".';
  await noticeTroubleOver(tx, { kind: 'endpoint_off', subject, accountId, name, detail }, at);
}
