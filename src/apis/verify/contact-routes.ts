import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { parseInstant } from '#apis/verify/parse-instant.js';
import {
  deletedSchema,
  listSchema,
  objectSchema,
  PAGE_QUERY,
  presentDeleted,
  presentHead,
  presentList,
  presentTime,
  strict,
} from '#apis/verify/present-object.js';
import type { Caller } from '#core/accounts/index.js';
import {
  CONTACT_DETAILS,
  CONTACTS_AT_ONCE_MAX,
  findContact,
  listContacts,
  removeContact,
  upsertContacts,
  type Contact,
} from '#core/contacts/index.js';
import type { Mode } from '#core/tables.js';

const tag = 'Contacts';
const Params = Type.Object({ id: Type.String() });
/** A thousand contacts with all their details. */
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

function detail(name: keyof typeof CONTACT_DETAILS) {
  return Type.Union([Type.String(), Type.Null()], { description: `At most ${CONTACT_DETAILS[name]} characters.` });
}

const DETAILS = {
  name: detail('name'),
  company: detail('company'),
  email: detail('email'),
  city: detail('city'),
  region: detail('region'),
  country: detail('country'),
};
const NewContact = Type.Object(
  {
    phone: Type.String({
      minLength: 4,
      maxLength: 64,
      description: 'E.164, or as people write it: national numbers get the country of the account’s own oldest number.',
    }),
    ...Type.Partial(Type.Object(DETAILS)).properties,
  },
  strict,
);

const ContactObject = objectSchema('contact', {
  id: Type.String(),
  phone: Type.String({ description: 'E.164.' }),
  ...DETAILS,
  created_at: Type.String(),
  updated_at: Type.String(),
});

function presentContact(mode: Mode, contact: Contact): Static<typeof ContactObject> {
  const { id, phone, name, company, email, city, region, country, createdAt, updatedAt } = contact;
  return {
    ...presentHead('contact', mode),
    id,
    phone,
    ...{ name, company, email, city, region, country },
    created_at: presentTime(createdAt),
    updated_at: presentTime(updatedAt),
  };
}

/** The account's address book. */
export function contactRoutes(table: RouteTable<Caller>): void {
  table.post('/contacts', {
    id: 'upsertContacts',
    tag,
    summary: 'Store contacts by their number',
    description:
      'One object, or a list of up to 1,000. A number that is known is changed: absent fields stay, null clears. One ' +
      'bad contact refuses all. Opt-outs are not touched.',
    scope: 'contacts:write',
    bodyLimitBytes: BODY_LIMIT_BYTES,
    body: Type.Union([NewContact, Type.Array(NewContact, { minItems: 1, maxItems: CONTACTS_AT_ONCE_MAX })]),
    status: 200,
    returns: Type.Object({ object: Type.Literal('list'), ingested: Type.Integer() }),
    handle: async ({ core, auth, body }) => {
      const { given } = await upsertContacts(core, { accountId: auth.accountId, mode: auth.mode, contacts: body });
      return { object: 'list' as const, ingested: given };
    },
  });

  table.get('/contacts', {
    id: 'listContacts',
    tag,
    summary: 'List contacts, the oldest first',
    scope: 'contacts:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        phone: Type.Optional(Type.String({ maxLength: 64, description: 'The contact with this number.' })),
        updated_after: Type.Optional(
          Type.String({ description: 'Made or changed then or later, up to ten seconds ago; ISO 8601 with offset.' }),
        ),
      },
      strict,
    ),
    returns: listSchema(ContactObject),
    handle: async ({ core, auth, query }) => {
      const contacts = await listContacts(core, auth, {
        phone: query.phone,
        updatedSince:
          query.updated_after === undefined ? undefined : parseInstant('updated_after', query.updated_after),
        after: query.starting_after,
        limit: query.limit,
      });
      return presentList(contacts.map((contact) => presentContact(auth.mode, contact)));
    },
  });

  table.get('/contacts/:id', {
    id: 'getContact',
    tag,
    summary: 'One contact',
    scope: 'contacts:read',
    params: Params,
    returns: ContactObject,
    handle: async ({ core, auth, params }) => presentContact(auth.mode, await findContact(core, auth, params.id)),
  });

  table.delete('/contacts/:id', {
    id: 'deleteContact',
    tag,
    summary: 'Remove a contact; an opt-out of the number stays',
    scope: 'contacts:write',
    params: Params,
    returns: deletedSchema('contact'),
    handle: async ({ core, auth, params }) => {
      const { accountId, mode, keyId: actor } = auth;
      await removeContact(core, { accountId, mode, id: params.id, actor });
      return presentDeleted('contact', mode, params.id);
    },
  });
}
