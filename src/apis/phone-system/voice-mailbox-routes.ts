import Type, { type Static } from 'typebox';
import { HttpProblem, type Handling, type RouteTable } from '#apis/http/index.js';
import { parsePrompt, presentPrompt, PromptBody, PromptObject } from '#apis/phone-system/destination.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { notYours, ownUser } from '#apis/phone-system/may.js';
import { dataOf, ObjectQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import {
  createObject,
  removeObject,
  ReplacementQuery,
  savedOf,
  updateObject,
} from '#apis/phone-system/routing-objects.js';
import { presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { ROUTING_LIMITS, type Mailbox } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { findUser } from '#core/people/index.js';
import { findObject, listObjects, type RoutingObject } from '#core/routing/index.js';
import {
  countMessages,
  forgetRemovedMailboxes,
  hasPin,
  PIN_PATTERN,
  setMailboxPin,
  USUAL_MAILBOX,
} from '#core/voicemail/index.js';

const tag = 'Voicemail';
const strict = { additionalProperties: false };
const OptionalText = Type.Union([Type.String({ maxLength: 100 }), Type.Null()]);
const [LENGTH_LEAST, LENGTH_MOST] = ROUTING_LIMITS.message;
const [SILENCE_LEAST, SILENCE_MOST] = ROUTING_LIMITS.silence;

const name = Type.String({ minLength: 1, maxLength: ROUTING_LIMITS.nameCharacters });
const FIELDS = {
  userId: Type.Optional(OptionalText),
  greeting: Type.Optional(PromptBody),
  maxDuration: Type.Optional(
    Type.Integer({ minimum: LENGTH_LEAST, maximum: LENGTH_MOST, description: 'Of a message, seconds.' }),
  ),
  silenceTimeout: Type.Optional(
    Type.Integer({
      minimum: SILENCE_LEAST,
      maximum: SILENCE_MOST,
      description: 'A message ends after so much silence, seconds.',
    }),
  ),
  transcription: Type.Optional(Type.Boolean({ description: 'Whether messages are written down.' })),
  emails: Type.Optional(
    Type.Array(Type.String({ maxLength: 254 }), {
      maxItems: ROUTING_LIMITS.emails,
      description: 'Who is told of each message.',
    }),
  ),
  emailNotifications: Type.Optional(
    Type.Boolean({
      description: 'False takes all `emails` away; true, where there are none, puts that of the user of the mailbox.',
    }),
  ),
  attachAudio: Type.Optional(Type.Boolean({ description: 'Whether the letters bring the sound.' })),
};
const MailboxBody = Type.Object({ name, ...FIELDS }, strict);
const MailboxPatch = Type.Object({ name: Type.Optional(name), ...FIELDS }, strict);
const MailboxObject = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  userId: OptionalText,
  greeting: PromptObject,
  maxDuration: Type.Integer(),
  silenceTimeout: Type.Integer(),
  transcription: Type.Boolean(),
  emailNotifications: Type.Boolean(),
  emails: Type.Array(Type.String()),
  attachAudio: Type.Boolean(),
  hasPin: Type.Boolean(),
  newMessages: Type.Integer(),
  savedMessages: Type.Integer(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

const NO_MAIL =
  'No mail server is configured here, so that nobody is told by e-mail: the operator sets SIDETONE_SMTP_URL.';

function parse(body: Static<typeof MailboxPatch>): Partial<Mailbox> {
  const { userId, greeting, maxDuration, silenceTimeout, transcription, emails, attachAudio } = body;
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(userId === undefined ? {} : { userId }),
    ...(greeting === undefined ? {} : { greeting: parsePrompt('greeting', greeting) }),
    ...(maxDuration === undefined ? {} : { maxSeconds: maxDuration }),
    ...(silenceTimeout === undefined ? {} : { silenceSeconds: silenceTimeout }),
    ...(transcription === undefined ? {} : { transcribe: transcription }),
    ...(emails === undefined ? {} : { emails }),
    ...(attachAudio === undefined ? {} : { attachAudio }),
  };
}

/** Whom to tell, where `emailNotifications` says so; `before`: as the mailbox is. */
async function parseNotifications(
  { core, auth }: Pick<Handling<Caller>, 'core' | 'auth'>,
  { emailNotifications, emails, userId }: Static<typeof MailboxPatch>,
  before: Pick<Mailbox, 'emails' | 'userId'>,
): Promise<Partial<Mailbox>> {
  if (emailNotifications === undefined) return {};
  if (!emailNotifications) return { emails: [] };
  if ((emails ?? before.emails).length > 0) return {};
  const whose = userId === undefined ? before.userId : userId;
  const user = whose === null ? undefined : await findUser(core, auth, whose).catch(() => undefined);
  if (typeof user?.email === 'string') return { emails: [user.email] };
  const message = 'Nobody is known who could be told: give the addresses in "emails", or the mailbox a user with one.';
  throw new HttpProblem('invalid_input', message, { field: 'emailNotifications' });
}

async function presentAll(
  core: Core,
  mailboxes: readonly RoutingObject<'mailbox'>[],
): Promise<Static<typeof MailboxObject>[]> {
  const ids = mailboxes.map(({ id }) => id);
  const [counts, pins] = await Promise.all([countMessages(core, ids), hasPin(core, ids)]);
  return mailboxes.map(({ id, body, createdAt, updatedAt }) => ({
    ...{ id, name: body.name, userId: body.userId, greeting: presentPrompt(body.greeting) },
    ...{ maxDuration: body.maxSeconds, silenceTimeout: body.silenceSeconds, transcription: body.transcribe },
    ...{ emailNotifications: body.emails.length > 0, emails: body.emails, attachAudio: body.attachAudio },
    hasPin: pins.has(id),
    newMessages: counts.get(id)?.newMessages ?? 0,
    savedMessages: counts.get(id)?.oldMessages ?? 0,
    ...{ createdAt: presentTime(createdAt), updatedAt: presentTime(updatedAt) },
  }));
}

async function saved(core: Core, mailbox: RoutingObject<'mailbox'>) {
  const [data] = await presentAll(core, [mailbox]);
  const isHushed = core.mail === undefined && mailbox.body.emails.length > 0;
  return { data: data!, ...(isHushed ? { warnings: { emails: [NO_MAIL] } } : {}) };
}

/** @throws HttpProblem `forbidden_role` for one of somebody else */
async function findOwn(core: Core, auth: Caller, id: number): Promise<RoutingObject<'mailbox'>> {
  const mailbox = await findObject(core, auth, 'mailbox', id);
  const own = ownUser(auth);
  if (own !== undefined && mailbox.body.userId !== own.id) throw notYours('a mailbox');
  return mailbox;
}

/** Where callers leave messages. */
export function voiceMailboxRoutes(table: RouteTable<Caller>): void {
  table.get('/voice-mailboxes', {
    id: 'listVoiceMailboxes',
    tag,
    summary: 'List mailboxes, the oldest first',
    scope: 'phone-system:read',
    query: ObjectQuery,
    returns: pageOf(MailboxObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const filter = { ...query, userId: ownUser(auth)?.id };
      const { items, total } = await listObjects(core, auth, 'mailbox', filter);
      return presentPage(handling, { items: await presentAll(core, items), total });
    },
  });

  table.post('/voice-mailboxes', {
    id: 'createVoiceMailbox',
    tag,
    summary: 'Make a mailbox',
    scope: 'phone-system:write',
    body: MailboxBody,
    status: 201,
    returns: savedOf(MailboxObject),
    handle: async (handling) => {
      const { core, body } = handling;
      return saved(
        core,
        await createObject(handling, 'mailbox', {
          ...{ ...USUAL_MAILBOX, name: body.name, ...parse(body) },
          ...(await parseNotifications(handling, body, USUAL_MAILBOX)),
        }),
      );
    },
  });

  table.get('/voice-mailboxes/:id', {
    id: 'getVoiceMailbox',
    tag,
    summary: 'One mailbox',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(MailboxObject),
    handle: async ({ core, auth, params }) => {
      const mailbox = await findOwn(core, auth, params.id);
      return { data: (await presentAll(core, [mailbox]))[0]! };
    },
  });

  table.patch('/voice-mailboxes/:id', {
    id: 'updateVoiceMailbox',
    tag,
    summary: 'Change a mailbox',
    description: 'Absent fields stay.',
    scope: 'phone-system:write',
    params: IdParams,
    body: MailboxPatch,
    returns: savedOf(MailboxObject),
    handle: async (handling) => {
      const { core, auth, params, body } = handling;
      const place = { kind: 'mailbox', id: params.id } as const;
      const before = (await findObject(core, auth, place.kind, place.id)).body;
      const fields = { ...parse(body), ...(await parseNotifications(handling, body, before)) };
      return saved(core, await updateObject(handling, place, fields));
    },
  });

  table.put('/voice-mailboxes/:id/pin', {
    id: 'setVoiceMailboxPin',
    tag,
    summary: 'Set the PIN by which a mailbox is opened at a phone',
    description:
      '4 to 10 digits; null takes it away, and then no phone opens it. It is kept as a hash and shown to nobody.',
    scope: 'phone-system:write',
    params: IdParams,
    body: Type.Object({ pin: Type.Union([Type.String({ pattern: PIN_PATTERN }), Type.Null()]) }, strict),
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode, keyId: actor } = auth;
      await findOwn(core, auth, params.id);
      await setMailboxPin(core, { accountId, mode, mailboxId: params.id, pin: body.pin, actor });
      return undefined;
    },
  });

  table.delete('/voice-mailboxes/:id', {
    id: 'deleteVoiceMailbox',
    tag,
    summary: 'Delete a mailbox, with its messages, for good',
    description: 'Refused with who uses it, unless a replacement is named.',
    scope: 'phone-system:write',
    params: IdParams,
    query: ReplacementQuery,
    handle: async (handling) => {
      const { core, auth, params, query } = handling;
      await removeObject(handling, 'mailbox', params.id, query);
      await forgetRemovedMailboxes(core, auth);
      return undefined;
    },
  });
}
