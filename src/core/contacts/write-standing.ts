import { sql, type Transaction } from 'kysely';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { BASIS_CHARACTERS, CONSENT_CHANNELS, recordConsents, type ConsentChannel } from '#core/contacts/consents.js';
import type { Contact, ContactOwner } from '#core/contacts/contact.js';
import { lockOwned } from '#core/contacts/lock-owned.js';
import { listNotFound } from '#core/contacts/find-list.js';
import { suppress, suppressedAmong } from '#core/suppression/index.js';
import type { Tables } from '#core/tables.js';

/** What is said of a person beside the details. */
export interface StandingChanges {
  /** True opts the person out; false only says that they have not. */
  optedOut?: Partial<Record<ConsentChannel, boolean>>;
  consent?: Partial<Record<ConsentChannel, { granted: boolean; basis?: string | null }>>;
  /** Ids of lists to become a member of. */
  lists?: readonly string[];
}

/** @throws CoreError `contact.bad_input`, its field after `path` */
export function checkStanding({ consent }: StandingChanges, path: string): void {
  for (const channel of CONSENT_CHANNELS) {
    if ((consent?.[channel]?.basis ?? '').length > BASIS_CHARACTERS) {
      throw new CoreError('contact.bad_input', `It has more than ${BASIS_CHARACTERS} characters.`, {
        field: `${path}consent.${channel}.basis`,
      });
    }
  }
}

/**
 * Writes what is said of people: opt-outs, consents, lists. Gives the ids of contacts of which something was new.
 * @throws CoreError `contact.opted_out`, `list.not_found`
 */
export async function writeStanding(
  tx: Transaction<Tables>,
  core: Pick<Core, 'secrets'>,
  {
    owner,
    said,
    at,
  }: { owner: ContactOwner; said: readonly { contact: Contact; changes: StandingChanges; path: string }[]; at: Date },
): Promise<Set<string>> {
  const changed = await recordConsents(tx, owner, {
    consents: said.flatMap(({ contact, changes: { consent = {} } }) =>
      CONSENT_CHANNELS.flatMap((channel) => {
        const given = consent[channel];
        return given === undefined
          ? []
          : { contactId: contact.id, channel, granted: given.granted, basis: given.basis?.trim() || null };
      }),
    ),
    source: 'api',
    at,
  });
  for (const id of await joinLists(tx, owner, said, at)) changed.add(id);
  await refuseLifting(tx, core, owner, said);
  for (const { contact, changes } of said) {
    const { voice = false, sms = false } = changes.optedOut ?? {};
    if (!voice && !sms) continue;
    const channel = voice && sms ? 'all' : voice ? 'voice' : 'sms';
    const entry = { ...owner, address: contact.phone, source: 'contact' as const, channel, at };
    if ((await suppress(tx, core.secrets, { ...entry, channel })) !== undefined) changed.add(contact.id);
  }
  return changed;
}

/** Whoever says that somebody has not opted out who has, is told, rather than left to believe it (rule 3). */
async function refuseLifting(
  tx: Transaction<Tables>,
  { secrets }: Pick<Core, 'secrets'>,
  { accountId, mode }: ContactOwner,
  said: readonly { contact: Contact; changes: StandingChanges; path: string }[],
): Promise<void> {
  for (const channel of CONSENT_CHANNELS) {
    const denied = said.filter(({ changes }) => changes.optedOut?.[channel] === false);
    const addresses = denied.map(({ contact }) => contact.phone);
    const asked = { accountId, mode, purpose: 'transactional' as const, channel, addresses };
    const stopped = await suppressedAmong(tx, secrets, asked);
    const wrong = denied.find(({ contact }) => stopped.has(contact.phone));
    if (wrong === undefined) continue;
    throw new CoreError(
      'contact.opted_out',
      `${wrong.contact.phone} has opted out. Only their own START lifts that, or you with a reason, in the do-not-call ` +
        'list (dnc).',
      { field: `${wrong.path}optedOut.${channel}` },
    );
  }
}

async function joinLists(
  tx: Transaction<Tables>,
  owner: ContactOwner,
  said: readonly { contact: Contact; changes: StandingChanges; path: string }[],
  at: Date,
): Promise<string[]> {
  const pairs = said.flatMap(({ contact, changes: { lists = [] } }) =>
    lists.map((listId) => ({ listId, contactId: contact.id })),
  );
  if (pairs.length === 0) return [];
  const wanted = [...new Set(pairs.map(({ listId }) => listId))];
  const absent = await lockOwned(tx, 'contact_lists', owner, wanted);
  if (absent !== undefined) throw listNotFound(absent, 'lists');
  const { rows } = await sql<{ contact_id: string }>`
    insert into contact_list_members (list_id, contact_id, added_at)
    select list_id, contact_id, ${at} from unnest(
      ${pairs.map(({ listId }) => listId)}::text[], ${pairs.map(({ contactId }) => contactId)}::text[]
    ) as pair (list_id, contact_id) order by list_id, contact_id
    on conflict do nothing returning contact_id`.execute(tx);
  return rows.map(({ contact_id: id }) => id);
}
