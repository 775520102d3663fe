import Type, { type Static } from 'typebox';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { OwnerQuery, ownerOf } from '#apis/admin/user-routes.js';
import { ROUTING_LIMITS, type Mailbox } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { findUserCalled, type PeopleOwner } from '#core/people/index.js';
import { changeRouting, findObject, listObjects, type RoutingObject } from '#core/routing/index.js';
import { countMessages, forgetRemovedMailboxes, hasPin, setMailboxPin, USUAL_MAILBOX } from '#core/voicemail/index.js';

const strict = { additionalProperties: false };
const [LENGTH_LEAST, LENGTH_MOST] = ROUTING_LIMITS.message;
const [SILENCE_LEAST, SILENCE_MOST] = ROUTING_LIMITS.silence;
const Params = Type.Object({ id: Type.Integer() });
const Greeting = Type.Union([
  Type.Object({ text: Type.String() }, strict),
  Type.Object({ sound: Type.Integer() }, strict),
  Type.Null(),
]);
const CHANGES = {
  user: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  greeting: Type.Optional(Greeting),
  max_seconds: Type.Optional(Type.Integer({ minimum: LENGTH_LEAST, maximum: LENGTH_MOST })),
  silence_seconds: Type.Optional(Type.Integer({ minimum: SILENCE_LEAST, maximum: SILENCE_MOST })),
  transcribe: Type.Optional(Type.Boolean()),
  emails: Type.Optional(Type.Array(Type.String())),
  attach_audio: Type.Optional(Type.Boolean()),
};
const NewMailbox = Type.Object({ name: Type.String(), ...CHANGES }, strict);
const MailboxChanges = Type.Object({ name: Type.Optional(Type.String()), ...CHANGES }, strict);
/** More are not shown. */
const LISTED_MAX = 10_000;

/** Where callers leave messages. */
export function addMailboxRoutes(table: AdminRoutes): void {
  table.get('/mailboxes', {
    id: 'listMailboxes',
    summary: 'The mailboxes of an account',
    query: OwnerQuery,
    handle: async ({ core, query }) => {
      const page = { page: 1, pageSize: LISTED_MAX };
      const { items } = await listObjects(core, await ownerOf(core, query), 'mailbox', page);
      return { mailboxes: await presentAll(core, items) };
    },
  });

  table.post('/mailboxes', {
    id: 'addMailbox',
    summary: 'Make a mailbox; its user by id, e-mail address or name',
    query: OwnerQuery,
    body: NewMailbox,
    status: 201,
    handle: async ({ core, query, body }) => {
      const owner = await ownerOf(core, query);
      const mailbox = { ...USUAL_MAILBOX, name: body.name, ...(await parse(core, owner, body)) };
      const change = { ...owner, author: ACTOR, summary: `Mailbox "${body.name}" made` };
      const id = await changeRouting(core, change, (draft) => draft.create('mailbox', mailbox));
      return present(core, owner, id);
    },
  });

  table.put('/mailboxes/:id', {
    id: 'setMailbox',
    summary: 'Change what is given',
    query: OwnerQuery,
    params: Params,
    body: MailboxChanges,
    handle: async ({ core, query, params: { id }, body }) => {
      const owner = await ownerOf(core, query);
      const fields = await parse(core, owner, body);
      const { body: before } = await findObject(core, owner, 'mailbox', id);
      const change = { ...owner, author: ACTOR, summary: `Mailbox "${before.name}" changed` };
      await changeRouting(core, change, (draft) => draft.update('mailbox', id, fields));
      return present(core, owner, id);
    },
  });

  table.put('/mailboxes/:id/pin', {
    id: 'setMailboxPin',
    summary: 'Set the PIN by which phones open it; null takes it away',
    query: OwnerQuery,
    params: Params,
    body: Type.Object({ pin: Type.Union([Type.String(), Type.Null()]) }, strict),
    handle: async ({ core, query, params: { id: mailboxId }, body: { pin } }) => {
      const owner = await ownerOf(core, query);
      await setMailboxPin(core, { ...owner, mailboxId, pin, actor: ACTOR });
      return present(core, owner, mailboxId);
    },
  });

  table.delete('/mailboxes/:id', {
    id: 'removeMailbox',
    summary: 'Remove a mailbox that no call leads to, with its messages, for good',
    query: OwnerQuery,
    params: Params,
    handle: async ({ core, query, params: { id } }) => {
      const owner = await ownerOf(core, query);
      const { name } = (await findObject(core, owner, 'mailbox', id)).body;
      const change = { ...owner, author: ACTOR, summary: `Mailbox "${name}" removed` };
      await changeRouting(core, change, (draft) => draft.remove('mailbox', id));
      await forgetRemovedMailboxes(core, owner);
      return { id, name };
    },
  });
}

async function parse(core: Core, owner: PeopleOwner, body: Static<typeof MailboxChanges>): Promise<Partial<Mailbox>> {
  const { name, user, greeting, max_seconds, silence_seconds, transcribe, emails, attach_audio } = body;
  const userId = user === undefined || user === null ? user : (await findUserCalled(core, owner, user)).id;
  return {
    ...(name === undefined ? {} : { name }),
    ...(userId === undefined ? {} : { userId }),
    ...(greeting === undefined ? {} : { greeting }),
    ...(max_seconds === undefined ? {} : { maxSeconds: max_seconds }),
    ...(silence_seconds === undefined ? {} : { silenceSeconds: silence_seconds }),
    ...(transcribe === undefined ? {} : { transcribe }),
    ...(emails === undefined ? {} : { emails }),
    ...(attach_audio === undefined ? {} : { attachAudio: attach_audio }),
  };
}

async function present(core: Core, owner: PeopleOwner, id: number) {
  return (await presentAll(core, [await findObject(core, owner, 'mailbox', id)]))[0]!;
}

async function presentAll(core: Core, mailboxes: readonly RoutingObject<'mailbox'>[]) {
  const ids = mailboxes.map(({ id }) => id);
  const [counts, pins] = await Promise.all([countMessages(core, ids), hasPin(core, ids)]);
  return mailboxes.map(({ id, body }) => ({
    ...{ id, name: body.name, user: body.userId, greeting: body.greeting },
    ...{ max_seconds: body.maxSeconds, silence_seconds: body.silenceSeconds, transcribe: body.transcribe },
    ...{ emails: body.emails, attach_audio: body.attachAudio, has_pin: pins.has(id) },
    new_messages: counts.get(id)?.newMessages ?? 0,
    saved_messages: counts.get(id)?.oldMessages ?? 0,
    // Nobody is told by e-mail without a mail server.
    is_hushed: core.mail === undefined && body.emails.length > 0,
  }));
}
