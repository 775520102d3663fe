import type { Selectable } from 'kysely';
import type { Db } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { CAPS, type CampaignType, type Caps } from '#core/registrations/caps.js';
import type { Mode, RegistrationTable } from '#core/tables.js';

export const REGISTRATION_STATES = ['draft', 'pending', 'active', 'rejected', 'expired'] as const;
export type RegistrationState = (typeof REGISTRATION_STATES)[number];

export interface RegistrationOwner {
  accountId: string;
  mode: Mode;
}

/** A brand, or a campaign of one, as registered with the networks. */
export interface Registration {
  id: string;
  mode: Mode;
  kind: 'brand' | 'campaign';
  brandId: string | undefined;
  name: string;
  type: CampaignType | undefined;
  state: RegistrationState;
  /** Of a campaign: what holds now. */
  caps: Caps | undefined;
  numbers: string[];
  createdAt: Date;
  updatedAt: Date;
}

export function toRegistration(row: Selectable<RegistrationTable>, numbers: string[]): Registration {
  const type = (row.type ?? undefined) as CampaignType | undefined;
  const usual = type === undefined ? undefined : CAPS[type];
  return {
    id: row.id,
    mode: row.mode,
    kind: row.kind,
    brandId: row.brand_id ?? undefined,
    name: row.name,
    type,
    state: row.state,
    caps: usual && {
      segmentsPerMinute: row.segments_per_minute ?? usual.segmentsPerMinute,
      segmentsPerDay: row.segments_per_day ?? usual.segmentsPerDay,
    },
    numbers,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** In the order of their making. */
export async function listRegistrations(
  core: { db: Db },
  { accountId, mode }: RegistrationOwner,
): Promise<Registration[]> {
  const rows = await core.db
    .selectFrom('registrations')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .orderBy('id')
    .execute();
  const numbers = await core.db
    .selectFrom('registration_numbers')
    .select(['number', 'registration_id'])
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .orderBy('number')
    .execute();
  return rows.map((row) =>
    toRegistration(
      row,
      numbers.filter((one) => one.registration_id === row.id).map(({ number }) => number),
    ),
  );
}

/** Locked for a change. @throws CoreError `registration.not_found` */
export async function lockRegistration(
  tx: Db,
  { accountId, mode, id }: RegistrationOwner & { id: string },
): Promise<Selectable<RegistrationTable>> {
  return tx
    .selectFrom('registrations')
    .selectAll()
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('mode', '=', mode)
    .forUpdate()
    .executeTakeFirstOrThrow(() => new CoreError('registration.not_found', `There is no registration "${id}".`));
}
