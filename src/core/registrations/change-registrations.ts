import type { Transaction } from 'kysely';
import { recordAudit } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { newId } from '#core/ids.js';
import { inTransaction } from '#core/in-transaction.js';
import { CAMPAIGN_TYPES, type CampaignType } from '#core/registrations/caps.js';
import {
  listRegistrations,
  lockRegistration,
  REGISTRATION_STATES,
  type Registration,
  type RegistrationOwner,
  type RegistrationState,
} from '#core/registrations/registration.js';
import type { Tables } from '#core/tables.js';

type RegistrationCore = Pick<Core, 'db' | 'clock'>;

export interface RegistrationFields {
  name?: string | undefined;
  state?: string | undefined;
  /** Of a campaign; null: those of its type. */
  segmentsPerMinute?: number | null | undefined;
  segmentsPerDay?: number | null | undefined;
}

export interface AddRegistration extends RegistrationOwner, RegistrationFields {
  name: string;
  /** With a brand and a type it is a campaign of it; with neither a brand. */
  brandId?: string | undefined;
  type?: string | undefined;
  actor: string;
}

const MOST_CAP = 10_000_000;

/** @throws CoreError `registration.bad_input`, `registration.not_found` */
export async function addRegistration(core: RegistrationCore, input: AddRegistration): Promise<Registration> {
  const { accountId, mode, brandId, type, actor } = input;
  const fields = checked(input);
  if ((brandId === undefined) !== (type === undefined)) throw bad('type', 'A campaign has a brand and a type.');
  if (type !== undefined) checkType(type);
  const isBrand = brandId === undefined;
  if (isBrand && (input.segmentsPerMinute !== undefined || input.segmentsPerDay !== undefined)) {
    throw bad('segmentsPerMinute', 'Caps are those of a campaign.');
  }
  return changed(core, { accountId, mode, actor, action: 'registration.add' }, async (tx, at) => {
    if (brandId !== undefined && (await lockRegistration(tx, { accountId, mode, id: brandId })).kind !== 'brand') {
      throw bad('brandId', `${brandId} is not a brand.`);
    }
    const id = newId('reg', at.getTime());
    await tx
      .insertInto('registrations')
      .values({
        ...{ id, account_id: accountId, mode, kind: isBrand ? 'brand' : 'campaign', brand_id: brandId ?? null },
        ...{ name: input.name.trim(), type: type ?? null, state: 'draft', created_at: at, updated_at: at },
        ...{ segments_per_minute: null, segments_per_day: null },
        ...fields,
      })
      .execute();
    return { id, details: { brandId: brandId ?? null, type: type ?? null, ...fields } };
  });
}

/** @throws CoreError `registration.bad_input`, `registration.not_found` */
export async function updateRegistration(
  core: RegistrationCore,
  input: RegistrationOwner & RegistrationFields & { id: string; actor: string },
): Promise<Registration> {
  const { accountId, mode, id, actor } = input;
  const fields = checked(input);
  return changed(core, { accountId, mode, actor, action: 'registration.update' }, async (tx, at) => {
    const before = await lockRegistration(tx, { accountId, mode, id });
    if (before.kind === 'brand' && ('segments_per_minute' in fields || 'segments_per_day' in fields)) {
      throw bad('segmentsPerMinute', 'Caps are those of a campaign.');
    }
    await tx
      .updateTable('registrations')
      .set({ ...fields, updated_at: at })
      .where('id', '=', id)
      .execute();
    return { id, details: fields };
  });
}

/** Numbers of the account become those of a campaign, and of no other. @throws CoreError `registration.*` */
export async function assignNumbers(
  core: RegistrationCore,
  input: RegistrationOwner & { id: string; numbers: readonly string[]; actor: string },
): Promise<Registration> {
  const { accountId, mode, id, actor } = input;
  const numbers = [...new Set(input.numbers)].sort();
  if (numbers.length === 0) throw bad('numbers', 'Name at least one number.');
  return changed(core, { accountId, mode, actor, action: 'registration.assign' }, async (tx) => {
    if ((await lockRegistration(tx, { accountId, mode, id })).kind !== 'campaign') {
      throw bad('id', 'Numbers belong to a campaign, not to a brand.');
    }
    const owned = await tx
      .selectFrom('numbers')
      .select('number')
      .where('account_id', '=', accountId)
      .where('mode', '=', mode)
      .where('number', 'in', numbers)
      .execute();
    const strange = numbers.find((number) => !owned.some((one) => one.number === number));
    if (strange !== undefined) throw bad('numbers', `${strange} is not a ${mode} number of this account.`);
    await tx
      .insertInto('registration_numbers')
      .values(numbers.map((number) => ({ account_id: accountId, mode, number, registration_id: id })))
      .onConflict((conflict) =>
        conflict
          .columns(['account_id', 'mode', 'number'])
          .doUpdateSet((eb) => ({ registration_id: eb.ref('excluded.registration_id') })),
      )
      .execute();
    return { id, details: { numbers } };
  });
}

/** @throws CoreError `registration.not_found`, `registration.in_use` (a brand with campaigns) */
export async function removeRegistration(
  core: RegistrationCore,
  { accountId, mode, id, actor }: RegistrationOwner & { id: string; actor: string },
): Promise<void> {
  await inTransaction(core.db, async (tx) => {
    await lockRegistration(tx, { accountId, mode, id });
    const campaign = await tx
      .selectFrom('registrations')
      .select('id')
      .where('brand_id', '=', id)
      .limit(1)
      .executeTakeFirst();
    if (campaign !== undefined)
      throw new CoreError('registration.in_use', 'The brand has campaigns; remove them first.');
    await tx.deleteFrom('registrations').where('id', '=', id).execute();
    const at = new Date(core.clock.now());
    await recordAudit(tx, { accountId, actor, action: 'registration.remove', subject: id, details: { mode }, at });
  });
}

async function changed(
  core: RegistrationCore,
  act: RegistrationOwner & { actor: string; action: string },
  work: (tx: Transaction<Tables>, at: Date) => Promise<{ id: string; details: Record<string, unknown> }>,
): Promise<Registration> {
  const { accountId, mode, actor, action } = act;
  return inTransaction(core.db, async (tx) => {
    const at = new Date(core.clock.now());
    const { id, details } = await work(tx, at);
    await recordAudit(tx, { accountId, actor, action, subject: id, details: { mode, ...details }, at });
    const found = (await listRegistrations({ db: tx }, { accountId, mode })).find((one) => one.id === id);
    if (found === undefined) throw new Error(`the registration ${id} was written and is not there`);
    return found;
  });
}

/** The columns that are given. */
function checked({ name, state, segmentsPerMinute, segmentsPerDay }: RegistrationFields) {
  if (name !== undefined && (name.trim() === '' || name.length > 100))
    throw bad('name', 'A name of 1 to 100 characters.');
  if (state !== undefined && !isState(state)) throw bad('state', `One of ${REGISTRATION_STATES.join(', ')}.`);
  for (const [field, cap] of Object.entries({ segmentsPerMinute, segmentsPerDay })) {
    if (cap === undefined || cap === null) continue;
    if (!Number.isInteger(cap) || cap < 1 || cap > MOST_CAP) throw bad(field, `A whole number from 1 to ${MOST_CAP}.`);
  }
  return {
    ...(name === undefined ? {} : { name: name.trim() }),
    ...(state === undefined ? {} : { state: state }),
    ...(segmentsPerMinute === undefined ? {} : { segments_per_minute: segmentsPerMinute }),
    ...(segmentsPerDay === undefined ? {} : { segments_per_day: segmentsPerDay }),
  };
}

function isState(text: string): text is RegistrationState {
  return REGISTRATION_STATES.some((state) => state === text);
}

function checkType(text: string): asserts text is CampaignType {
  if (!CAMPAIGN_TYPES.some((type) => type === text)) throw bad('type', `One of ${CAMPAIGN_TYPES.join(', ')}.`);
}

function bad(field: string, message: string): CoreError {
  return new CoreError('registration.bad_input', message, { field });
}
