import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { audioUrl } from '#apis/phone-system/audio-routes.js';
import { ownMailboxes, requireMailbox } from '#apis/phone-system/own-mailboxes.js';
import {
  AFTER_ID,
  dataOf,
  onwardFrom,
  PAGE_QUERY,
  pageOf,
  changesFrom,
  presentPage,
  WALKED,
} from '#apis/phone-system/page.js';
import { parseInstant, presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { LINK_SECONDS } from '#core/signed-links.js';
import {
  deleteVoiceMessage,
  findVoiceMessage,
  listVoiceMessages,
  markVoiceMessage,
  type VoiceMessage,
} from '#core/voicemail/index.js';

const tag = 'Voicemail';
const strict = { additionalProperties: false };
const Params = Type.Object({ id: Type.String({ maxLength: 64 }) });
const Text = Type.Union([Type.String(), Type.Null()]);

const VoiceMessageObject = Type.Object({
  id: Type.String(),
  read: Type.Boolean(),
  phoneNumber: Type.String({ description: 'Ours that was called.' }),
  callResult: Type.String({ description: '`missed`, `answered` or `hangup`.' }),
  callId: Text,
  callerName: Type.String({ description: 'The number again where no name is known.' }),
  callerNumber: Type.String({ description: '`anonymous` where it is not shown.' }),
  duration: Type.Integer({ description: 'Seconds.' }),
  transcript: Text,
  transcriptionInProgress: Type.Boolean(),
  audioLink: Type.String({ description: `Without a key, for ${LINK_SECONDS / 60} minutes.` }),
  voiceMailboxId: Type.Integer(),
  mailboxId: Type.Integer({ description: 'The same.' }),
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

function present(core: Core, auth: Caller, message: VoiceMessage): Static<typeof VoiceMessageObject> {
  const callerNumber = message.callerNumber ?? 'anonymous';
  return {
    id: message.id,
    read: message.readAt !== undefined,
    phoneNumber: message.phoneNumber,
    callResult: message.callResult ?? 'missed',
    callId: message.callId ?? null,
    callerName: message.callerName ?? callerNumber,
    callerNumber,
    duration: Math.round(message.durationMs / 1000),
    transcript: message.transcript ?? null,
    transcriptionInProgress: message.transcription === 'pending',
    audioLink: linkOf(core, auth, message.id),
    voiceMailboxId: message.mailboxId,
    mailboxId: message.mailboxId,
    createdAt: presentTime(message.createdAt),
    updatedAt: presentTime(message.updatedAt),
  };
}

function linkOf(core: Core, { accountId, mode }: Caller, id: string): string {
  return audioUrl(core, { kind: 'voice_message', id, accountId, mode });
}

/** @throws `voicemail.not_found`, and 403 for what is in another's mailbox */
async function theirs(core: Core, auth: Caller, id: string): Promise<VoiceMessage> {
  const message = await findVoiceMessage(core, auth, id);
  await requireMailbox(core, auth, message.mailboxId);
  return message;
}

const Filters = Type.Object(
  {
    ...PAGE_QUERY,
    mailboxId: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    read: Type.Optional(Type.Boolean()),
    after: Type.Optional(Type.String({ description: 'Left at this instant or later.' })),
    before: Type.Optional(Type.String({ description: 'Left before it.' })),
    updatedAfter: Type.Optional(
      Type.String({ description: 'Changed at this instant or later; in the order of their change, the oldest first.' }),
    ),
    ...AFTER_ID,
  },
  strict,
);

/** What callers said to mailboxes. */
export function voiceMessageRoutes(table: RouteTable<Caller>): void {
  table.get('/voice-messages', {
    id: 'listVoiceMessages',
    tag,
    summary: 'List voice messages, the newest first',
    description: `By \`updatedAfter\` a list of changes: ${WALKED}`,
    scope: 'phone-system:read',
    query: Filters,
    returns: pageOf(VoiceMessageObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { mailboxId, read } = query;
      if (mailboxId !== undefined) await requireMailbox(core, auth, mailboxId);
      const mailboxIds = mailboxId === undefined ? await ownMailboxes(core, auth) : [mailboxId];
      const instant = (field: 'after' | 'before'): Date | undefined => {
        const text = query[field];
        return text === undefined ? undefined : parseInstant(field, text);
      };
      const changes = changesFrom('updatedAfter', query.updatedAfter, query);
      const [after, before] = [instant('after'), instant('before')];
      const changed = { updatedAfter: changes?.at, afterId: changes?.afterId };
      const filter = { mailboxIds, read, after, before, ...changed };
      const { items, total } = await listVoiceMessages(core, auth, filter, query);
      const presented = items.map((item) => present(core, auth, item));
      const last = changes === undefined ? undefined : presented.at(-1);
      return presentPage(handling, { items: presented, total, onward: last && onwardFrom(last) });
    },
  });

  table.get('/voice-messages/:id', {
    id: 'getVoiceMessage',
    tag,
    summary: 'One voice message',
    scope: 'phone-system:read',
    params: Params,
    returns: dataOf(VoiceMessageObject),
    handle: async ({ core, auth, params }) => ({ data: present(core, auth, await theirs(core, auth, params.id)) }),
  });

  table.get('/voice-messages/:id/audio-url', {
    id: 'getVoiceMessageAudioUrl',
    tag,
    summary: 'Where the sound of a voice message is',
    description: `Leads to it without a key, for ${LINK_SECONDS / 60} minutes, and no longer than the message is there.`,
    scope: 'phone-system:read',
    params: Params,
    returns: Type.Object({ url: Type.String(), data: Type.Object({ url: Type.String() }) }),
    handle: async ({ core, auth, params }) => {
      const { id } = await theirs(core, auth, params.id);
      const url = linkOf(core, auth, id);
      return { url, data: { url } };
    },
  });

  table.patch('/voice-messages/:id', {
    id: 'markVoiceMessage',
    tag,
    summary: 'Mark a voice message as read, or as new again',
    scope: 'phone-system:write',
    params: Params,
    body: Type.Object({ read: Type.Boolean() }, strict),
    returns: dataOf(VoiceMessageObject),
    handle: async ({ core, auth, params, body }) => {
      const { id } = await theirs(core, auth, params.id);
      return { data: present(core, auth, await markVoiceMessage(core, auth, { id, read: body.read })) };
    },
  });

  table.delete('/voice-messages/:id', {
    id: 'deleteVoiceMessage',
    tag,
    summary: 'Delete a voice message for good',
    description: 'The sound, the transcript, and what webhooks and letters said of it. Its links lead nowhere then.',
    scope: 'phone-system:write',
    params: Params,
    handle: async ({ core, auth, params }) => {
      const { id } = await theirs(core, auth, params.id);
      await deleteVoiceMessage(core, auth, { id, actor: auth.keyId });
      return undefined;
    },
  });
}
