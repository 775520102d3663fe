import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import {
  ContactBody,
  ContactObject,
  ContactPatch,
  parseChanges,
  parseContact,
  presentContact,
} from '#apis/phone-system/contact-schemas.js';
import {
  AFTER_ID,
  changesFrom,
  changesSince,
  dataOf,
  onwardFrom,
  PAGE_QUERY,
  pageOf,
  presentPage,
  WALKED,
} from '#apis/phone-system/page.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import {
  findContact,
  pageContacts,
  pageTombstones,
  removeContact,
  SEARCH_CHARACTERS,
  updateContact,
  upsertContacts,
} from '#core/contacts/index.js';

const tag = 'Contacts';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String() });
const Deleted = Type.Object({
  id: Type.String(),
  externalId: Type.Union([Type.String(), Type.Null()]),
  deletedAt: Type.String(),
});

/** The account's address book, which all doors share. */
export function contactRoutes(table: RouteTable<Caller>): void {
  table.get('/contacts', {
    id: 'listContacts',
    tag,
    summary: 'List contacts, the oldest first',
    description: `By \`updatedAfter\` a list of changes: ${WALKED}`,
    scope: 'contacts:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        search: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: SEARCH_CHARACTERS,
            description: 'In the name, the company, the first e-mail address or the first number.',
          }),
        ),
        number: Type.Optional(
          Type.String({ minLength: 1, maxLength: 64, description: 'Whose number it is, any of theirs.' }),
        ),
        tag: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        externalId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        updatedAfter: Type.Optional(
          Type.String({ description: 'Made or changed then or later, the earliest change first.' }),
        ),
        ...AFTER_ID,
      },
      strict,
    ),
    returns: pageOf(ContactObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { page, pageSize, search, number, tag: called, externalId, updatedAfter } = query;
      const from = changesFrom('updatedAfter', updatedAfter, query);
      const { items, total } = await pageContacts(core, auth, {
        ...{ page, pageSize, search, externalId, anyNumber: number, tag: called },
        from,
      });
      const presented = items.map(presentContact);
      const last = from === undefined ? undefined : presented.at(-1);
      return presentPage(handling, { items: presented, total, onward: last && onwardFrom(last) });
    },
  });

  table.get('/contacts/deleted', {
    id: 'listDeletedContacts',
    tag,
    summary: 'Ids of contacts that were deleted, in the order in which they were',
    description: `For whoever keeps a copy. ${WALKED}`,
    scope: 'contacts:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        deletedAfter: Type.Optional(Type.String({ description: 'Then or later; ISO 8601.' })),
        ...AFTER_ID,
      },
      strict,
    ),
    returns: pageOf(Deleted),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { page, pageSize, deletedAfter } = query;
      const from = changesSince('deletedAfter', deletedAfter, query);
      const { items, total } = await pageTombstones(core, auth, { page, pageSize, from });
      const presented = items.map(({ id, externalId = null, deletedAt }) => ({
        ...{ id, externalId, deletedAt: presentTime(deletedAt) },
      }));
      const last = presented.at(-1);
      const onward = last && { deletedAfter: last.deletedAt, afterId: last.id };
      return presentPage(handling, { items: presented, total, onward });
    },
  });

  table.post('/contacts', {
    id: 'createContact',
    tag,
    summary: 'Make a contact',
    description: 'Refused with 422 where a contact is known by the first number already: change that one.',
    scope: 'contacts:write',
    body: ContactBody,
    status: 201,
    returns: dataOf(ContactObject),
    handle: async ({ core, auth, body }) => {
      const { accountId, mode } = auth;
      const contacts = parseContact(body);
      const { contacts: made } = await upsertContacts(core, { accountId, mode, contacts, known: 'refuse' });
      const [contact] = made;
      if (contact === undefined) throw new Error('a contact was made and is not there');
      return { data: presentContact(contact) };
    },
  });

  table.get('/contacts/:id', {
    id: 'getContact',
    tag,
    summary: 'One contact',
    scope: 'contacts:read',
    params: Params,
    returns: dataOf(ContactObject),
    handle: async ({ core, auth, params }) => ({ data: presentContact(await findContact(core, auth, params.id)) }),
  });

  table.patch('/contacts/:id', {
    id: 'updateContact',
    tag,
    summary: 'Change a contact',
    description:
      'Absent fields stay, null clears, lists take the place of what was there. The number that the contact is known by ' +
      'must be among `phoneNumbers`: whoever has another is another contact.',
    scope: 'contacts:write',
    params: Params,
    body: ContactPatch,
    returns: dataOf(ContactObject),
    handle: async ({ core, auth: { accountId, mode }, params, body }) => ({
      data: presentContact(await updateContact(core, { accountId, mode, id: params.id, changes: parseChanges(body) })),
    }),
  });

  table.delete('/contacts/:id', {
    id: 'deleteContact',
    tag,
    summary: 'Delete a contact for good; an opt-out of the number stays',
    scope: 'contacts:write',
    params: Params,
    handle: async ({ core, auth: { accountId, mode, keyId: actor }, params }) => {
      await removeContact(core, { accountId, mode, id: params.id, actor });
      return undefined;
    },
  });
}
