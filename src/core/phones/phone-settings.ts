import type { Selectable } from 'kysely';
import type { PhoneTable } from '#core/tables.js';

/** What is set on a phone itself, by command or by its own feature codes. */
export interface PhoneSettings {
  /** Nobody rings it. */
  doNotDisturb: boolean;
  /** Whether a second call rings while somebody speaks. */
  callWaiting: boolean;
  /** Its calls outside do not show who calls. */
  hideCallerId: boolean;
  /** Where its calls go instead: E.164, an extension or the name of a phone. */
  forwardTo: string | null;
  /** The number of the account that its calls outside show; null: the account's oldest. */
  callerId: string | null;
  /** Where it stands, so that whoever helps finds it (rule 11). */
  location: string | null;
}

export const PHONE_SETTING_COLUMNS = [
  'do_not_disturb',
  'call_waiting',
  'hide_caller_id',
  'forward_to',
  'caller_id',
  'location',
] as const satisfies readonly (keyof PhoneTable)[];

type SettingRow = Pick<Selectable<PhoneTable>, (typeof PHONE_SETTING_COLUMNS)[number]>;

export function toPhoneSettings(row: SettingRow): PhoneSettings {
  const address = row.location?.['address'];
  return {
    doNotDisturb: row.do_not_disturb,
    callWaiting: row.call_waiting,
    hideCallerId: row.hide_caller_id,
    forwardTo: row.forward_to,
    callerId: row.caller_id,
    location: typeof address === 'string' ? address : null,
  };
}
