import { isCalendarDate } from '#core/calendar-date.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { inTransaction } from '#core/in-transaction.js';
import { findMember, type FoundMember } from '#core/loyalty/find-member.js';
import { lockMember } from '#core/loyalty/write-action.js';
import { upsertPerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

const MOST_DATES = 50;
const IDENTIFIER = /^[a-z_][a-z0-9_]{0,49}$/;

export interface UpdateMember {
  /** Put in place of those of the same names; others stay. Null takes one away. */
  properties?: Record<string, string | null> | undefined;
  /** The same; as it was given. */
  dates?: unknown;
  active?: boolean | undefined;
}

/** @throws CoreError `loyalty_member.not_found`, `loyalty_member.bad_input`, `loyalty.bad_input`, `site_person.bad_input` */
export async function updateMember(
  core: Pick<Core, 'db' | 'clock'>,
  site: Site,
  email: string,
  { properties = {}, dates, active }: UpdateMember,
): Promise<FoundMember> {
  const given = dates === undefined ? {} : readDates(dates);
  const { member: found, person } = await findMember(core, site, email);
  const at = new Date(core.clock.now());
  return inTransaction(core.db, async (tx) => {
    // The person first, as everywhere.
    const after = await upsertPerson(tx, site, { email: person.email ?? email, properties }, at);
    const member = await lockMember(tx, found.id);
    const changed = { active: active ?? member.active, dates: { ...member.dates, ...given } };
    if (Object.keys(changed.dates).length > MOST_DATES) {
      throw new CoreError('loyalty_member.bad_input', `A member has at most ${MOST_DATES} dates`, { field: 'dates' });
    }
    await tx
      .updateTable('loyalty_members')
      .set({ dates: JSON.stringify(changed.dates), active: changed.active, updated_at: at })
      .where('id', '=', member.id)
      .execute();
    return { member: { ...member, ...changed }, person: after };
  });
}

function readDates(given: unknown): Record<string, string> {
  if (!Array.isArray(given)) throw wrongForm();
  const dates: [string, string][] = given.map((one: unknown) => {
    if (typeof one !== 'object' || one === null) throw wrongForm();
    const { identifier, date, ...others } = one as Record<string, unknown>;
    if (typeof identifier !== 'string' || typeof date !== 'string') throw wrongForm();
    if (!isCalendarDate(date) || Object.keys(others).length > 0) throw wrongForm();
    if (!IDENTIFIER.test(identifier)) {
      throw new CoreError(
        'loyalty_member.bad_input',
        "Identifier can contain lowercase letters, numbers and '_' only and cannot begin with a number",
        { field: 'dates' },
      );
    }
    return [identifier, date];
  });
  return Object.fromEntries(dates);
}

function wrongForm(): CoreError {
  return new CoreError(
    'loyalty.bad_input',
    'Invalid member_dates format, expected an array of objects with `date` and `identifier` keys',
    { field: 'dates' },
  );
}
