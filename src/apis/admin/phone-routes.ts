import Type, { type Static } from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { listAccounts } from '#core/accounts/index.js';
import { isLoopbackHost } from '#core/trunks/index.js';
import {
  addPhone,
  listPhones,
  removePhone,
  setPhone,
  type ListedPhone,
  type PhoneSettings,
} from '#core/phones/index.js';

const ONLY_HERE =
  'SIP listens on this machine only: for phones on others set SIDETONE_SIP_HOST to 0.0.0.0 or to its address and start again.';

const Switch = Type.Optional(Type.Boolean());
const Text = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const SettingsBody = Type.Object(
  {
    do_not_disturb: Switch,
    call_waiting: Switch,
    hide_caller_id: Switch,
    forward_to: Text,
    caller_id: Text,
    location: Text,
  },
  { additionalProperties: false },
);

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
      {
        name: Type.String(),
        password: Type.Optional(Type.String()),
        number: Type.Optional(Type.String()),
        location: Type.Optional(Type.String()),
      },
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

  table.patch('/phones/:name', {
    id: 'setPhone',
    summary: 'Change what is set on a phone; null takes a choice back',
    query: AccountQuery,
    params: Type.Object({ name: Type.String() }),
    body: SettingsBody,
    handle: async ({ core, query, params, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      return presentSettings(
        await setPhone(core, { accountId, name: params.name, ...parseSettings(body), actor: ACTOR }),
      );
    },
  });

  table.delete('/phones/:name', {
    id: 'removePhone',
    summary: 'Remove a phone; its numbers stay, and calls that led to it lead to the replacement',
    query: Type.Object({ ...AccountQuery.properties, replacement: Type.Optional(Type.String()) }),
    params: Type.Object({ name: Type.String() }),
    handle: async ({ core, query, params }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const { replacement } = query;
      await removePhone(core, { accountId, name: params.name, replacement, actor: ACTOR });
      return undefined;
    },
  });
}

/** What is absent stays as it is. */
function parseSettings(body: Static<typeof SettingsBody>): Partial<PhoneSettings> {
  const { do_not_disturb, call_waiting, hide_caller_id, forward_to, caller_id, location } = body;
  const given = {
    doNotDisturb: do_not_disturb,
    callWaiting: call_waiting,
    hideCallerId: hide_caller_id,
    forwardTo: forward_to,
    callerId: caller_id,
    location,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function presentSettings(settings: PhoneSettings) {
  return {
    do_not_disturb: settings.doNotDisturb,
    call_waiting: settings.callWaiting,
    hide_caller_id: settings.hideCallerId,
    forward_to: settings.forwardTo,
    caller_id: settings.callerId,
    location: settings.location,
  };
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
    ...presentSettings(phone.settings),
    created_at: phone.createdAt,
  };
}
