import Type, { type Static } from 'typebox';
import { AccountQuery, chosenAccount } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import {
  addCarrier,
  callbackUrl,
  CARRIER_KINDS,
  listCarriers,
  removeCarrier,
  showCarrier,
  testCarrier,
  updateCarrier,
  type CarrierChanges,
  type ListedCarrier,
  type TextCarrier,
} from '#core/carriers/index.js';
import type { Core } from '#core/core.js';
import { snakeCase } from '#core/snake-case.js';

const Name = Type.Object({ name: Type.String() });
const strict = { additionalProperties: false };
const Texts = Type.Optional(Type.Union([Type.Array(Type.String()), Type.Null()]));
const Count = Type.Optional(Type.Union([Type.Number(), Type.Null()]));

/** Core checks the values; settings and secrets by the kind. Null takes a choice back. */
const CHANGES = {
  prefixes: Texts,
  senders: Texts,
  priority: Count,
  segments_per_second: Count,
  settings: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  secrets: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]))),
};
const Changes = Type.Object(CHANGES, strict);

export function addCarrierRoutes(table: AdminRoutes): void {
  table.get('/carriers', {
    id: 'listCarriers',
    summary: 'Those who carry an account’s texts; without one, all',
    query: AccountQuery,
    handle: async ({ core, query }) => ({
      carriers: (await listCarriers(core, await ownerOf(core, query))).map(presentListed(core)),
    }),
  });

  table.get('/carriers/:name', {
    id: 'showCarrier',
    summary: 'Everything about a carrier but its secrets',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) =>
      presentListed(core)(await showCarrier(core, { ...(await ownerOf(core, query)), name: params.name })),
  });

  table.post('/carriers', {
    id: 'addCarrier',
    summary: 'Add a carrier of texts for an account; without one, for all',
    query: AccountQuery,
    body: Type.Object(
      { name: Type.String(), kind: Type.Union(CARRIER_KINDS.map((kind) => Type.Literal(kind))), ...CHANGES },
      strict,
    ),
    status: 201,
    handle: async ({ core, query, body }) => {
      const { name, kind, ...changes } = body;
      const owner = await ownerOf(core, query);
      return presentCarrier(
        core,
        await addCarrier(core, { ...owner, ...parseChanges(changes), name, kind, actor: ACTOR }),
      );
    },
  });

  table.put('/carriers/:name', {
    id: 'updateCarrier',
    summary: 'Change what is given; null takes a choice back',
    query: AccountQuery,
    params: Name,
    body: Changes,
    handle: async ({ core, query, params, body }) => {
      const owner = await ownerOf(core, query);
      const input = { ...owner, ...parseChanges(body), name: params.name, actor: ACTOR };
      return presentCarrier(core, await updateCarrier(core, input));
    },
  });

  table.delete('/carriers/:name', {
    id: 'removeCarrier',
    summary: 'Remove a carrier; what it is taking goes on',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) =>
      removeCarrier(core, { ...(await ownerOf(core, query)), name: params.name, actor: ACTOR }),
  });

  table.post('/carriers/:name/test', {
    id: 'testCarrier',
    summary: 'Ask a carrier for a sign of life; no text is sent',
    query: AccountQuery,
    params: Name,
    handle: async ({ core, query, params }) =>
      testCarrier(core, { ...(await ownerOf(core, query)), name: params.name }),
  });
}

/** A carrier belongs to the installation unless an account is named (rule 32). */
async function ownerOf(core: Pick<Core, 'db'>, query: { account?: string }): Promise<{ accountId?: string }> {
  return query.account === undefined ? {} : { accountId: (await chosenAccount(core, query)).id };
}

function parseChanges(body: Static<typeof Changes>): CarrierChanges {
  const { segments_per_second: segmentsPerSecond, settings, secrets, ...fields } = body;
  return {
    ...fields,
    ...(segmentsPerSecond === undefined ? {} : { segmentsPerSecond }),
    ...(settings === undefined ? {} : { settings: renamed(settings, camel) }),
    ...(secrets === undefined ? {} : { secrets }),
  };
}

/** Names of settings only: what a template holds stays as it is written. */
function renamed(settings: Readonly<Record<string, unknown>>, rename: (name: string) => string) {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [rename(name), value]));
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function presentCarrier(core: Pick<Core, 'settings'>, carrier: TextCarrier) {
  return {
    id: carrier.id,
    name: carrier.name,
    kind: carrier.kind,
    account_id: carrier.accountId,
    prefixes: carrier.prefixes,
    senders: carrier.senders,
    priority: carrier.priority,
    segments_per_second: carrier.segmentsPerSecond,
    settings: renamed(carrier.settings, snakeCase),
    has_secrets: carrier.hasSecrets,
    // SMPP brings receipts and texts by its own connection.
    callback_url: carrier.kind === 'smpp' ? null : callbackUrl(core.settings, carrier.id),
    created_at: carrier.createdAt,
  };
}

const presentListed =
  (core: Pick<Core, 'settings'>) =>
  (carrier: ListedCarrier): object => ({ ...presentCarrier(core, carrier), state: carrier.state ?? null });
