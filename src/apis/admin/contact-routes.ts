import { Readable } from 'node:stream';
import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { recordAudit } from '#core/accounts/index.js';
import { erasePerson, exportContacts, listContacts, withStanding } from '#core/contacts/index.js';

const LISTED = 50;
const LISTED_MAX = 500;

export function addContactRoutes(table: AdminRoutes): void {
  table.get('/contacts', {
    id: 'listContacts',
    summary: 'Contacts of an account, the oldest first',
    query: Type.Object({
      ...AccountQuery.properties,
      mode: Mode,
      search: Type.Optional(Type.String()),
      tag: Type.Optional(Type.String()),
      list: Type.Optional(Type.String()),
      limit: Type.Integer({ minimum: 1, maximum: LISTED_MAX, default: LISTED }),
    }),
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { mode, search, tag, list: listId, limit } = query;
      const found = await listContacts(core, { accountId, mode }, { search, tag, listId, limit });
      return {
        contacts: (await withStanding(core, { accountId, mode }, found)).map((contact) => ({
          id: contact.id,
          phone: contact.phone,
          name: contact.name,
          email: contact.email,
          tags: contact.tags,
          fields: contact.fields,
          opted_out: contact.optedOut,
          updated_at: contact.updatedAt,
        })),
      };
    },
  });

  table.get('/contacts/export', {
    id: 'exportContacts',
    summary: 'All contacts as CSV',
    query: Type.Object({
      ...AccountQuery.properties,
      mode: Mode,
      tag: Type.Optional(Type.String()),
      list: Type.Optional(Type.String()),
    }),
    returnsType: 'text/csv',
    handle: async ({ core, query, reply }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { mode, tag, list: listId } = query;
      const at = new Date(core.clock.now());
      await recordAudit(core.db, {
        ...{ accountId, actor: ACTOR, action: 'contacts.export', subject: accountId, details: { mode }, at },
      });
      reply.type('text/csv; charset=utf-8');
      return Readable.from(exportContacts(core, { accountId, mode }, { tag, listId }));
    },
  });

  table.post('/contacts/erase', {
    id: 'erasePerson',
    summary: 'Erase a person everywhere, by contact or by number',
    query: AccountQuery,
    body: Type.Object({ mode: Mode, who: Type.String() }, { additionalProperties: false }),
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const whom = body.who.startsWith('con_') ? { id: body.who } : { phone: body.who };
      const { optOuts, ...erased } = await erasePerson(core, { accountId, mode: body.mode, ...whom, actor: ACTOR });
      return { ...erased, opt_outs: optOuts };
    },
  });
}
