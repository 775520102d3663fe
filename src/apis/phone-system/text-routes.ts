import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { DIALECT } from '#apis/phone-system/callbacks.js';
import {
  AFTER_ID,
  dataOf,
  onwardFrom,
  PAGE_QUERY,
  PageQuery,
  pageOf,
  changesFrom,
  changesSince,
  presentPage,
  WALKED,
} from '#apis/phone-system/page.js';
import { ConversationObject, presentConversation, presentText, TextObject } from '#apis/phone-system/present-text.js';
import { savedOf } from '#apis/phone-system/routing-objects.js';
import { presentAttachment, type Presenting } from '#apis/phone-system/present-attachment.js';
import { parseInstant } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { ATTACHMENT_LIMITS } from '#core/attachments/index.js';
import {
  findConversation,
  findText,
  listChangedTexts,
  listConversations,
  listTexts,
  markConversation,
  markText,
  removeConversation,
  removeText,
  sendText,
} from '#core/conversations/index.js';

const tag = 'Texts';
const strict = { additionalProperties: false };
const Conversation = Type.Object({ conversationId: Type.String() });
const Text = Type.Object({ conversationId: Type.String(), id: Type.String() });
const Read = Type.Object({ read: Type.Boolean() }, strict);
const instant = (description: string) => Type.String({ description, examples: ['2026-09-20T15:04:05+00:00'] });

/** What was said by text, over the same texts as everywhere. */
export function textRoutes(table: RouteTable<Caller>): void {
  table.get('/text-conversations', {
    id: 'listTextConversations',
    tag,
    summary: 'List conversations, the one with the latest text first',
    description: `By \`updatedAfter\` a list of changes: ${WALKED}`,
    scope: 'phone-system:read',
    query: Type.Object(
      {
        ...PAGE_QUERY,
        since: Type.Optional(instant('With a text of this moment or later.')),
        unread: Type.Optional(Type.Boolean({ description: 'With texts that nobody has read, or without.' })),
        number: Type.Optional(
          Type.String({ pattern: '^[+ ]?[0-9]{3,15}$', description: 'One of the two numbers; `+` is written `%2B`.' }),
        ),
        updatedAfter: Type.Optional(
          instant('With something that changed at this moment or later, the earliest change first.'),
        ),
        ...AFTER_ID,
      },
      strict,
    ),
    returns: pageOf(ConversationObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { page, pageSize, unread, number, since, updatedAfter } = query;
      const changes = changesFrom('updatedAfter', updatedAfter, query);
      const { items, total } = await listConversations(core, auth, {
        ...{ page, pageSize, unread },
        number: number?.replace(/^[+ ]/, ''),
        since: since === undefined ? undefined : parseInstant('since', since),
        updatedAfter: changes?.at,
        afterId: changes?.afterId,
      });
      const presented = items.map((one) => presentConversation(handling, one));
      const last = changes === undefined ? undefined : presented.at(-1);
      const onward = last && onwardFrom({ id: last.conversation_id, updatedAt: last.updated_at });
      return presentPage(handling, { items: presented, total, onward });
    },
  });

  table.get('/text-messages', {
    id: 'listChangedTextMessages',
    tag,
    summary: 'Texts of all conversations that changed since a moment, the earliest change first',
    description:
      'For those who keep a copy: new ones, and those that were sent on, delivered or read. Removed: `/deleted`. ' +
      WALKED,
    scope: 'phone-system:read',
    query: Type.Object(
      { ...PAGE_QUERY, updatedAfter: instant('Changed at this moment or later.'), ...AFTER_ID },
      strict,
    ),
    returns: pageOf(TextObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { at: updatedAfter, afterId } = changesSince('updatedAfter', query.updatedAfter, query);
      const { items, total } = await listChangedTexts(core, auth, { ...query, updatedAfter, afterId });
      const presented = items.map((one) => presentText(handling, one));
      const last = presented.at(-1);
      return presentPage(handling, { items: presented, total, onward: last && onwardFrom(last) });
    },
  });

  table.get('/text-conversations/:conversationId', {
    id: 'getTextConversation',
    tag,
    summary: 'One conversation',
    scope: 'phone-system:read',
    params: Conversation,
    returns: dataOf(ConversationObject),
    handle: async ({ core, auth, params }) => ({
      data: presentConversation({ core, auth }, await findConversation(core, auth, params.conversationId)),
    }),
  });

  table.get('/text-conversations/:conversationId/messages', {
    id: 'listTextMessages',
    tag,
    summary: 'The texts of a conversation, the newest first',
    scope: 'phone-system:read',
    params: Conversation,
    query: PageQuery,
    returns: pageOf(TextObject),
    handle: async (handling) => {
      const { core, auth, params, query } = handling;
      const { items, total } = await listTexts(core, auth, { ...query, id: params.conversationId });
      return presentPage(handling, { items: items.map((one) => presentText(handling, one)), total });
    },
  });

  table.post('/text-conversations/:conversationId', {
    id: 'sendTextMessage',
    tag,
    summary: 'Write to somebody',
    description:
      'The conversation need not be there yet: its id is our number, a hyphen and theirs, in digits without plus. Refused ' +
      'after a STOP of theirs. The plan needs the feature `bulk_texting`. `warnings` say what may keep it from arriving, such ' +
      'as a number that is not registered with the networks.',
    scope: 'phone-system:write',
    params: Conversation,
    body: Type.Object(
      {
        body: Type.Optional(
          Type.String({ description: 'The words, as they are sent. Needed where no picture or file goes with them.' }),
        ),
        attachments: Type.Optional(
          Type.Array(Type.String(), {
            maxItems: ATTACHMENT_LIMITS.perText,
            description:
              'Ids of pictures and files that were handed in (`POST /attachments`), where a carrier of the account takes ' +
              'such. It is one message then, of any length that a text may have.',
          }),
        ),
      },
      strict,
    ),
    status: 201,
    returns: savedOf(TextObject),
    handle: async ({ core, auth, params, body }) => {
      const { accountId, mode, user } = auth;
      const { body: words = '', attachments } = body;
      const asked = { accountId, mode, id: params.conversationId, body: words, attachments, userId: user?.id };
      const { text, warnings } = await sendText(core, { ...asked, dialect: DIALECT });
      const data = presentText({ core, auth }, text);
      return {
        data: { ...data, attachments: data.attachments.map((file) => ({ ...file, link: '' })) },
        ...(warnings.length === 0 ? {} : { warnings: { conversationId: warnings } }),
      };
    },
    withLinks(handling, reply) {
      const linked = ({ id, fileType: mediaType }: { id: string; fileType: string }) =>
        presentAttachment(handling, { id, mediaType });
      return { ...reply, data: { ...reply.data, attachments: reply.data.attachments.map(linked) } };
    },
  });

  table.delete('/text-conversations/:conversationId', {
    id: 'deleteTextConversation',
    tag,
    summary: 'Erase a conversation and its texts for good',
    description: 'A text that waits is canceled first. While one is being handed over to its carrier it is a 409.',
    scope: 'phone-system:write',
    params: Conversation,
    handle: async ({ core, auth, params }) => {
      await removeConversation(core, auth, { id: params.conversationId, actor: auth.keyId });
      return undefined;
    },
  });

  table.delete('/text-conversations/:conversationId/messages/:id', {
    id: 'deleteTextMessage',
    tag,
    summary: 'Erase a text for good',
    description: 'One that waits is canceled first. While it is being handed over to its carrier it is a 409.',
    scope: 'phone-system:write',
    params: Text,
    handle: async ({ core, auth, params: { conversationId: conversation, id } }) => {
      await removeText(core, auth, { conversation, id, actor: auth.keyId });
      return undefined;
    },
  });

  table.patch('/text-conversations/:conversationId', {
    id: 'markTextConversation',
    tag,
    summary: 'Mark all that was received as read, or the last of it as unread',
    scope: 'phone-system:write',
    params: Conversation,
    body: Read,
    returns: dataOf(ConversationObject),
    handle: async ({ core, auth, params, body }) => markWhole(core, auth, params.conversationId, body.read),
  });

  table.patch('/text-conversations/:conversationId/messages/:id', {
    id: 'markTextMessage',
    tag,
    summary: 'Mark a text as read or unread',
    scope: 'phone-system:write',
    params: Text,
    body: Read,
    returns: dataOf(TextObject),
    handle: async ({ core, auth, params, body }) => markOne(core, auth, params, body.read),
  });

  for (const [path, read] of [
    ['read', true],
    ['unread', false],
  ] as const) {
    const name = read ? 'Read' : 'Unread';
    table.patch(`/text-conversations/:conversationId/${path}`, {
      id: `markTextConversation${name}`,
      tag,
      summary: read ? 'Mark all that was received as read' : 'Mark the last that was received as unread',
      scope: 'phone-system:write',
      params: Conversation,
      returns: dataOf(ConversationObject),
      handle: async ({ core, auth, params }) => markWhole(core, auth, params.conversationId, read),
    });
    table.patch(`/text-conversations/:conversationId/messages/:id/${path}`, {
      id: `markTextMessage${name}`,
      tag,
      summary: `Mark a text as ${path}`,
      scope: 'phone-system:write',
      params: Text,
      returns: dataOf(TextObject),
      handle: async ({ core, auth, params }) => markOne(core, auth, params, read),
    });
  }
}

type MarkingCore = Parameters<typeof markText>[0] & Presenting['core'];

async function markWhole(core: MarkingCore, auth: Caller, id: string, read: boolean) {
  await markConversation(core, auth, { id, read });
  return { data: presentConversation({ core, auth }, await findConversation(core, auth, id)) };
}

async function markOne(core: MarkingCore, auth: Caller, params: { conversationId: string; id: string }, read: boolean) {
  const asked = { conversation: params.conversationId, id: params.id };
  await markText(core, auth, { ...asked, read });
  return { data: presentText({ core, auth }, await findText(core, auth, asked)) };
}
