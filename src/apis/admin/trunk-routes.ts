import Type, { type TSchema } from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminParts, type AdminRoutes } from '#apis/admin/admin-parts.js';
import type { Core } from '#core/core.js';
import {
  addTrunk,
  listTrunks,
  removeTrunk,
  showTrunk,
  testTrunk,
  TRUNK_SETTING_NAMES,
  updateTrunk,
  type ListedTrunk,
  type Trunk,
  type TrunkChanges,
} from '#core/trunks/index.js';
import { snakeCase } from '#core/snake-case.js';

const Name = Type.Object({ name: Type.String() });

const orNull = <Schema extends TSchema>(schema: Schema) => Type.Optional(Type.Union([schema, Type.Null()]));
const Text = orNull(Type.String());
const Count = orNull(Type.Number());
const Switch = orNull(Type.Boolean());
const Texts = orNull(Type.Array(Type.String()));

/** Core's names of the fields, as `snake_case`; core checks the values. */
const CHANGES = {
  username: Text,
  password: Text,
  prefixes: Texts,
  priority: Count,
  channels: Count,
  calls_per_second: Count,
  register_seconds: Count,
  health_seconds: Count,
  campaign_reserve: Count,
  called_form: Text,
  caller_form: Text,
  country_code: Text,
  national_prefix: Text,
  international_prefix: Text,
  tech_prefix: Text,
  called_from: Text,
  caller_id_header: Text,
  from_host: Text,
  from_user: Text,
  diversion: Switch,
  keep_caller: Switch,
  inbound_addresses: Texts,
  tls_verify: Switch,
  tls_ca: Text,
};
const strict = { additionalProperties: false };

export function addTrunkRoutes(table: AdminRoutes, { sipHost }: AdminParts): void {
  table.get('/trunks', {
    id: 'listTrunks',
    summary: 'The trunks that an account can use; without one, all',
    query: AccountQuery,
    handle: async ({ core, query }) => ({
      trunks: (await listTrunks(core, await ownerOf(core, query))).map(presentListed),
    }),
  });

  table.get('/trunks/:name', {
    id: 'showTrunk',
    summary: 'Everything about a trunk but its password',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) =>
      presentListed(await showTrunk(core, { ...(await ownerOf(core, query)), name: params.name })),
  });

  table.post('/trunks', {
    id: 'addTrunk',
    summary: 'Add a trunk for an account; without one, for all',
    query: AccountQuery,
    body: Type.Object({ name: Type.String(), uri: Type.String(), ...CHANGES }, strict),
    status: 201,
    handle: async ({ core, query, body }) => {
      const { name, uri, ...changes } = body;
      const owner = await ownerOf(core, query);
      return presentTrunk(
        await addTrunk(core, { ...owner, ...parseChanges(changes), name, uri, sipHost, actor: ACTOR }),
      );
    },
  });

  table.put('/trunks/:name', {
    id: 'updateTrunk',
    summary: 'Change what is given; null takes a choice back',
    query: AccountQuery,
    params: Name,
    body: Type.Object({ uri: Type.Optional(Type.String()), ...CHANGES }, strict),
    handle: async ({ core, query, params, body }) => {
      const owner = await ownerOf(core, query);
      return presentTrunk(
        await updateTrunk(core, { ...owner, ...parseChanges(body), name: params.name, sipHost, actor: ACTOR }),
      );
    },
  });

  table.delete('/trunks/:name', {
    id: 'removeTrunk',
    summary: 'Remove a trunk; its calls go on',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) => {
      const input = { ...(await ownerOf(core, query)), name: params.name, actor: ACTOR };
      const { activeCalls } = await removeTrunk(core, input);
      return { active_calls: activeCalls };
    },
  });

  table.post('/trunks/:name/test', {
    id: 'testTrunk',
    summary: 'Ask a trunk for a sign of life',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) => {
      const { ok, sipCode, detail } = await testTrunk(core, { ...(await ownerOf(core, query)), name: params.name });
      return { ok, sip_code: sipCode ?? null, detail };
    },
  });
}

/** A trunk belongs to the installation unless an account is named (rule 32). */
async function ownerOf(core: Pick<Core, 'db'>, query: { account?: string }): Promise<{ accountId?: string }> {
  return query.account === undefined ? {} : { accountId: (await chosenAccount(core, query)).id };
}

function parseChanges(body: object): TrunkChanges {
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value as unknown,
    ]),
  );
}

function presentTrunk(trunk: Trunk) {
  return {
    id: trunk.id,
    name: trunk.name,
    uri: trunk.uri,
    username: trunk.username,
    has_password: trunk.hasPassword,
    account_id: trunk.accountId,
    prefixes: trunk.prefixes,
    priority: trunk.priority,
    channels: trunk.channels,
    calls_per_second: trunk.callsPerSecond,
    ...Object.fromEntries(TRUNK_SETTING_NAMES.map((name) => [snakeCase(name), trunk.settings[name] ?? null])),
    created_at: trunk.createdAt,
  };
}

function presentListed(trunk: ListedTrunk) {
  const { state } = trunk;
  return {
    ...presentTrunk(trunk),
    active_calls: trunk.activeCalls,
    state:
      state === undefined
        ? null
        : {
            up: state.up,
            registered: state.registered ?? null,
            sip_code: state.sipCode ?? null,
            detail: state.detail,
            since: state.since,
          },
  };
}
