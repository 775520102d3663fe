import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import {
  DestinationBody,
  DestinationObject,
  parseDestination,
  parsePrompt,
  presentDestination,
  presentPrompt,
  PromptBody,
  PromptObject,
} from '#apis/phone-system/destination.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { ObjectQuery, pageOf, dataOf, presentPage } from '#apis/phone-system/page.js';
import {
  createObject,
  removeObject,
  ReplacementQuery,
  savedOf,
  updateObject,
  warningsOf,
} from '#apis/phone-system/routing-objects.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { ROUTING_LIMITS, type Menu } from '#core/call-flow/index.js';
import { findObject, listObjects, type RoutingObject } from '#core/routing/index.js';

const tag = 'Menus';
const strict = { additionalProperties: false };

const OptionBody = Type.Object(
  {
    digit: Type.String({ pattern: '^[0-9*#]$', description: '`0`–`9`, `*` or `#`.' }),
    label: Type.Optional(Type.String({ maxLength: ROUTING_LIMITS.nameCharacters })),
    destination: Type.Optional(DestinationBody),
    enabled: Type.Optional(Type.Boolean()),
    id: Type.Optional(Type.String({ description: 'As it was read: the key has it, whatever it is.' })),
  },
  { ...strict, examples: [{ digit: '1', label: 'Sales', destination: { type: 'ring_group', id: 7 } }] },
);
const Options = Type.Array(OptionBody, { maxItems: ROUTING_LIMITS.menuOptions });
const OptionObject = Type.Object({
  id: Type.String({ description: 'The key, of which a menu has each once.' }),
  digit: Type.String(),
  label: Type.String(),
  destination: DestinationObject,
  enabled: Type.Boolean(),
});

const name = Type.String({ minLength: 1, maxLength: ROUTING_LIMITS.nameCharacters });
const FIELDS = {
  name: Type.Optional(name),
  greeting: Type.Optional(PromptBody),
  options: Type.Optional(Options),
  directDial: Type.Optional(Type.Boolean({ description: 'Whether an extension can be dialled at once.' })),
  timeout: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 60, description: 'Seconds of silence after the greeting.' }),
  ),
  repeats: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 10, description: 'How often it is all said again, in a whole.' }),
  ),
  timeoutDestination: Type.Optional(DestinationBody),
  invalidDestination: Type.Optional(DestinationBody),
};
const MenuPatch = Type.Object(FIELDS, strict);
const MenuBody = Type.Object({ ...FIELDS, name }, strict);

const MenuObject = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  greeting: PromptObject,
  options: Type.Array(OptionObject),
  directDial: Type.Boolean(),
  timeout: Type.Integer(),
  repeats: Type.Integer(),
  timeoutDestination: DestinationObject,
  invalidDestination: DestinationObject,
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

const USUAL: Omit<Menu, 'name'> = {
  ...{ greeting: null, options: [], directDial: true, timeoutSeconds: 5, repeats: 2, onTimeout: null, onInvalid: null },
};

function parseOptions(given: Static<typeof Options>, path: (at: number) => string): Menu['options'] {
  return given.map(({ digit, label = '', destination = null, enabled = true }, at) => ({
    ...{ digit, label, enabled },
    destination: parseDestination(`${path(at)}.destination`, destination),
  }));
}

function parse(body: Static<typeof MenuPatch>): Partial<Menu> {
  const { greeting, options, directDial, timeout, repeats, timeoutDestination, invalidDestination } = body;
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(greeting === undefined ? {} : { greeting: parsePrompt('greeting', greeting) }),
    ...(options === undefined ? {} : { options: parseOptions(options, (at) => `options.${at}`) }),
    ...(directDial === undefined ? {} : { directDial }),
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
    ...(repeats === undefined ? {} : { repeats }),
    ...(timeoutDestination === undefined
      ? {}
      : { onTimeout: parseDestination('timeoutDestination', timeoutDestination) }),
    ...(invalidDestination === undefined
      ? {}
      : { onInvalid: parseDestination('invalidDestination', invalidDestination) }),
  };
}

function presentOptions({ options }: Menu): Static<typeof OptionObject>[] {
  return options.map(({ digit, label, destination, enabled }) => ({
    ...{ id: digit, digit, label, destination: presentDestination(destination), enabled },
  }));
}

function present({ id, body, createdAt, updatedAt }: RoutingObject<'menu'>): Static<typeof MenuObject> {
  return {
    ...{ id, name: body.name, greeting: presentPrompt(body.greeting), options: presentOptions(body) },
    ...{ directDial: body.directDial, timeout: body.timeoutSeconds, repeats: body.repeats },
    timeoutDestination: presentDestination(body.onTimeout),
    invalidDestination: presentDestination(body.onInvalid),
    ...{ createdAt: presentTime(createdAt), updatedAt: presentTime(updatedAt) },
  };
}

/** What callers are asked, and where each key leads. */
export function menuRoutes(table: RouteTable<Caller>): void {
  table.get('/menus', {
    id: 'listMenus',
    tag,
    summary: 'List menus, the oldest first',
    scope: 'phone-system:read',
    query: ObjectQuery,
    returns: pageOf(MenuObject),
    handle: async (handling) => {
      const { items, total } = await listObjects(handling.core, handling.auth, 'menu', handling.query);
      return presentPage(handling, { items: items.map(present), total });
    },
  });

  table.post('/menus', {
    id: 'createMenu',
    tag,
    summary: 'Make a menu',
    description: 'It may be incomplete until a number leads to it; `warnings` say what is missing.',
    scope: 'phone-system:write',
    body: MenuBody,
    status: 201,
    returns: savedOf(MenuObject),
    handle: async (handling) => {
      const { body } = handling;
      const made = await createObject(handling, 'menu', { ...USUAL, name: body.name, ...parse(body) });
      return { data: present(made), ...(await warningsOf(handling, { kind: 'menu', id: made.id })) };
    },
  });

  table.get('/menus/:id', {
    id: 'getMenu',
    tag,
    summary: 'One menu',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(MenuObject),
    handle: async ({ core, auth, params }) => ({ data: present(await findObject(core, auth, 'menu', params.id)) }),
  });

  table.patch('/menus/:id', {
    id: 'updateMenu',
    tag,
    summary: 'Change a menu',
    description: 'Absent fields stay; `options` take the place of all that there were.',
    scope: 'phone-system:write',
    params: IdParams,
    body: MenuPatch,
    returns: savedOf(MenuObject),
    handle: async (handling) => {
      const place = { kind: 'menu', id: handling.params.id } as const;
      const data = present(await updateObject(handling, place, parse(handling.body)));
      return { data, ...(await warningsOf(handling, place)) };
    },
  });

  table.delete('/menus/:id', {
    id: 'deleteMenu',
    tag,
    summary: 'Delete a menu',
    description: 'Refused with who leads to it, unless a replacement is named.',
    scope: 'phone-system:write',
    params: IdParams,
    query: ReplacementQuery,
    handle: async (handling) => removeObject(handling, 'menu', handling.params.id, handling.query),
  });

  table.get('/menus/:id/options', {
    id: 'listMenuOptions',
    tag,
    summary: 'The keys of a menu',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(Type.Array(OptionObject)),
    handle: async ({ core, auth, params }) => ({
      data: presentOptions((await findObject(core, auth, 'menu', params.id)).body),
    }),
  });

  table.put('/menus/:id/options', {
    id: 'replaceMenuOptions',
    tag,
    summary: 'Set the keys of a menu, in place of all that there were',
    scope: 'phone-system:write',
    params: IdParams,
    body: Options,
    returns: savedOf(Type.Array(OptionObject)),
    handle: async (handling) => {
      const place = { kind: 'menu', id: handling.params.id, part: 'options' } as const;
      const options = parseOptions(handling.body, (at) => `[${at}]`);
      const { body } = await updateObject(handling, place, { options });
      return { data: presentOptions(body), ...(await warningsOf(handling, place)) };
    },
  });
}
