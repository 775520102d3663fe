import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { parseInstant, presentTime } from '#apis/outreach/parse-time.js';
import {
  ContactBody,
  ContactPatch,
  ContactReply,
  parseContact,
  presentConsent,
  presentContact,
} from '#apis/outreach/contact-schemas.js';
import type { Caller } from '#core/accounts/index.js';
import {
  CONTACTS_AT_ONCE_MAX,
  erasePerson,
  findContact,
  listConsents,
  listContacts,
  listTombstones,
  removeContact,
  SEARCH_CHARACTERS,
  updateContact,
  upsertContacts,
  withStanding,
  type Contact,
} from '#core/contacts/index.js';
import type { Core } from '#core/core.js';

const tag = 'Contacts';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String() });
/** A thousand contacts with all that is known of them. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** The account's address book. */
export function contactRoutes(table: RouteTable<Caller>): void {
  table.post('/contacts', {
    id: 'upsertContacts',
    tag,
    summary: 'Store contacts by their number',
    description:
      `One object, or a list of up to ${CONTACTS_AT_ONCE_MAX}, of which one bad contact refuses all. A number that is known is ` +
      'changed: absent fields stay, null clears. 201 where one was made, else 200.',
    scope: 'contacts:write',
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: Type.Union([ContactBody, Type.Array(ContactBody, { minItems: 1, maxItems: CONTACTS_AT_ONCE_MAX })]),
    returns: Type.Union([ContactReply, Type.Object({ contacts: Type.Array(ContactReply), created: Type.Integer() })]),
    handle: async ({ core, auth, body, reply }) => {
      const { accountId, mode } = auth;
      const many = Array.isArray(body);
      const contacts = (many ? body : [body]).map((each) => ({ phone: each.phone, ...parseContact(each) }));
      const [first] = contacts;
      if (first === undefined) throw new Error('a list without contacts was let through');
      const done = await upsertContacts(core, { accountId, mode, contacts: many ? contacts : first });
      if (done.created > 0) reply.code(201);
      const stories = (await withStanding(core, auth, done.contacts)).map(presentContact);
      const [only] = stories;
      return many || only === undefined ? { contacts: stories, created: done.created } : only;
    },
  });

  table.get('/contacts', {
    id: 'listContacts',
    tag,
    summary: 'List contacts, the oldest first',
    scope: 'contacts:read',
    query: Type.Object(
      {
        limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
        cursor: Type.Optional(Type.String({ description: '`next_cursor` of the page before.' })),
        phone: Type.Optional(Type.String({ maxLength: 64 })),
        search: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: SEARCH_CHARACTERS,
            description: 'In the name, the company, the e-mail address or the number.',
          }),
        ),
        tag: Type.Optional(Type.String()),
        list_id: Type.Optional(Type.String()),
        opted_out: Type.Optional(Type.Boolean({ description: 'Of calls or of texts, now.' })),
        updated_after: Type.Optional(
          Type.String({ description: 'Made or changed then or later, up to ten seconds ago; ISO 8601.' }),
        ),
        include_deleted: Type.Optional(
          Type.Boolean({ description: 'Adds `deleted`: contacts that were removed since `updated_after`.' }),
        ),
        deleted_cursor: Type.Optional(Type.String({ description: '`next_deleted_cursor` of the page before.' })),
      },
      strict,
    ),
    handle: async ({ core, auth, query }) => {
      const since = query.updated_after === undefined ? undefined : parseInstant('updated_after', query.updated_after);
      const { limit } = query;
      const found = await listContacts(core, auth, {
        phone: query.phone,
        search: query.search,
        tag: query.tag,
        listId: query.list_id,
        optedOut: query.opted_out,
        updatedSince: since,
        after: query.cursor,
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      return {
        contacts: (await withStanding(core, auth, page)).map(presentContact),
        next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
        ...(query.include_deleted === true
          ? await deleted(core, auth, { since, limit, after: query.deleted_cursor })
          : {}),
      };
    },
  });

  table.get('/contacts/:id', {
    id: 'getContact',
    tag,
    summary: 'One contact',
    scope: 'contacts:read',
    params: Params,
    returns: ContactReply,
    handle: async ({ core, auth, params }) => story(core, auth, await findContact(core, auth, params.id)),
  });

  table.patch('/contacts/:id', {
    id: 'updateContact',
    tag,
    summary: 'Change a contact',
    description: 'Absent fields stay, null clears. The number stays: another number is another contact.',
    scope: 'contacts:write',
    params: Params,
    body: ContactPatch,
    returns: ContactReply,
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode } = auth;
      return story(
        core,
        auth,
        await updateContact(core, { accountId, mode, id: params.id, changes: parseContact(body) }),
      );
    },
  });

  table.get('/contacts/:id/consents', {
    id: 'listConsents',
    tag,
    summary: 'What a contact agreed to and took back, the newest first',
    scope: 'contacts:read',
    params: Params,
    handle: async ({ core, auth, params }) => ({
      consents: (await listConsents(core, auth, params.id)).map((consent) => ({
        channel: consent.channel,
        ...presentConsent(consent),
      })),
    }),
  });

  table.delete('/contacts/:id', {
    id: 'deleteContact',
    tag,
    summary: 'Remove a contact, or erase a person',
    description:
      'An opt-out of the number stays. With `erase=true` everything goes that is known of the person, here and in calls, texts, ' +
      'campaigns, recordings and events; what stays of an opt-out is a keyed hash.',
    scope: 'contacts:write',
    params: Params,
    query: Type.Object({ erase: Type.Boolean({ default: false }) }, strict),
    handle: async ({ core, auth, params, query }) => {
      const asked = { accountId: auth.accountId, mode: auth.mode, id: params.id, actor: auth.keyId };
      if (query.erase) await erasePerson(core, asked);
      else await removeContact(core, asked);
      return undefined;
    },
  });

  table.post('/contacts/:id/erase', {
    id: 'erasePerson',
    tag,
    summary: 'Erase a person, and say how much was erased',
    description: 'The same as `DELETE` with `erase=true`.',
    scope: 'contacts:write',
    params: Params,
    handle: async ({ core, auth, params }) => {
      const { accountId, mode, keyId: actor } = auth;
      const { optOuts, ...erased } = await erasePerson(core, { accountId, mode, id: params.id, actor });
      return { contact_id: params.id, erased: { ...erased, opt_outs: optOuts } };
    },
  });
}

async function story(core: Core, auth: Caller, contact: Contact) {
  const [told] = await withStanding(core, auth, [contact]);
  if (told === undefined) throw new Error('a contact without its story');
  return presentContact(told);
}

async function deleted(
  core: Core,
  auth: Caller,
  asked: { since: Date | undefined; after: string | undefined; limit: number },
) {
  const { tombstones, next } = await listTombstones(core, auth, asked);
  return {
    deleted: tombstones.map(({ id, externalId, deletedAt }) => ({
      contact_id: id,
      external_id: externalId ?? null,
      deleted_at: presentTime(deletedAt),
    })),
    next_deleted_cursor: next ?? null,
  };
}
