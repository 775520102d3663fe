import Type from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { listAccounts } from '#core/accounts/index.js';
import { isLoopbackHost } from '#core/trunks/index.js';
import { addPhone, listPhones, removePhone, type ListedPhone } from '#core/phones/index.js';

const ONLY_HERE =
  'SIP listens on this machine only: for phones on others set SIDETONE_SIP_HOST to 0.0.0.0 or to its address and start again.';

export function addPhoneRoutes(table: AdminRoutes, { installation, sipHost }: AdminParts): void {
  table.get('/phones', {
    id: 'listPhones',
    summary: 'The phones of an account, and where they are registered',
    query: AccountQuery,
    handle: async ({ core, query }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return { phones: (await listPhones(core, { accountId })).map(presentPhone) };
    },
  });

  table.post('/phones', {
    id: 'addPhone',
    summary: 'Add a phone; a password that was made up is in this reply only',
    query: AccountQuery,
    body: Type.Object(
      { name: Type.String(), password: Type.Optional(Type.String()), number: Type.Optional(Type.String()) },
      { additionalProperties: false },
    ),
    status: 201,
    handle: async ({ core, query, body }) => {
      const account = await chosenAccount(core, query);
      const added = await addPhone(core, { accountId: account.id, ...body, actor: ACTOR });
      const [first] = await listAccounts(core);
      const { host, port } = installation.sipAddress;
      return {
        id: added.id,
        name: added.name,
        ...(added.password === undefined ? {} : { password: added.password }),
        // Where it registers, and as whom: other accounts' phones are told apart by their domain (rule 32).
        server: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        domain: account.id === first?.id ? null : account.domain,
        warnings: isLoopbackHost(sipHost) ? [...added.warnings, ONLY_HERE] : added.warnings,
      };
    },
  });

  table.delete('/phones/:name', {
    id: 'removePhone',
    summary: 'Remove a phone; its numbers stay',
    query: AccountQuery,
    params: Type.Object({ name: Type.String() }),
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      await removePhone(core, { accountId, name: params.name, actor: ACTOR });
      return undefined;
    },
  });
}

function presentPhone(phone: ListedPhone) {
  return {
    id: phone.id,
    name: phone.name,
    numbers: phone.numbers,
    registrations: phone.registrations.map(({ uri, transport, address, port, expiresAt }) => ({
      uri,
      transport,
      address,
      port,
      expires_at: expiresAt,
    })),
    created_at: phone.createdAt,
  };
}
