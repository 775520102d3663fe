import type { RouteTable } from '#apis/http/index.js';
import { parsePreview, parseTexts } from '#apis/outreach/parse-sms.js';
import { parseInstant } from '#apis/outreach/parse-time.js';
import {
  presentBatch,
  presentMessage,
  presentMessageStory,
  presentPreview,
  presentSent,
  presentSentBatch,
} from '#apis/outreach/present-sms.js';
import {
  BatchReply,
  PreviewBody,
  PreviewReply,
  SendTextsBody,
  SentReply,
  SmsListQuery,
  SmsParams,
  SmsReply,
} from '#apis/outreach/sms-schemas.js';
import type { Caller } from '#core/accounts/index.js';
import {
  acceptMessage,
  acceptMessages,
  cancelMessage,
  eraseMessage,
  findBatch,
  findMessage,
  listMessages,
  previewText,
} from '#core/messages/index.js';

const tag = 'SMS';
/** Ten thousand texts with words of their own. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

export function smsRoutes(table: RouteTable<Caller>): void {
  table.post('/sms', {
    id: 'sendSms',
    tag,
    summary: 'Send a text, or many',
    description:
      'Queued at once; what becomes of it comes by webhook, or from `GET /api/v1/sms/{id}`. In a list each text stands ' +
      'for itself: what is wrong with one is said by its index, and the others go out.',
    scope: 'messages:write',
    body: SendTextsBody,
    bodyLimitBytes: BODY_LIMIT_BYTES,
    status: 201,
    returns: SentReply,
    handle: async ({ core, auth, body }) => {
      const { single, ...texts } = parseTexts(body, auth);
      return single
        ? presentSent(await acceptMessage(core, texts))
        : presentSentBatch(await acceptMessages(core, texts));
    },
  });

  table.post('/sms/preview', {
    id: 'previewSms',
    tag,
    summary: 'How a text would be written and counted',
    description: 'Sends nothing.',
    scope: 'messages:read',
    body: PreviewBody,
    returns: PreviewReply,
    handle: async ({ body }) => presentPreview(previewText(parsePreview(body))),
  });

  table.get('/sms', {
    id: 'listSms',
    tag,
    summary: 'List texts, sent and received, the newest first',
    scope: 'messages:read',
    query: SmsListQuery,
    handle: async ({ core, auth, query }) => {
      const { messages, next } = await listMessages(core, auth, {
        limit: query.limit,
        after: query.cursor,
        status: query.status,
        direction: query.direction,
        to: query.to,
        from: query.from,
        batchId: query.batch_id,
        createdAfter:
          query.created_after === undefined ? undefined : parseInstant('created_after', query.created_after),
        createdBefore:
          query.created_before === undefined ? undefined : parseInstant('created_before', query.created_before),
      });
      return { messages: messages.map(presentMessage), next_cursor: next ?? null };
    },
  });

  table.get('/sms/batches/:id', {
    id: 'getSmsBatch',
    tag,
    summary: 'What has become of the texts of one request',
    scope: 'messages:read',
    params: SmsParams,
    returns: BatchReply,
    handle: async ({ core, auth, params }) => presentBatch(await findBatch(core, auth, params.id)),
  });

  table.get('/sms/:id', {
    id: 'getSms',
    tag,
    summary: 'Everything about one text',
    scope: 'messages:read',
    params: SmsParams,
    returns: SmsReply,
    handle: async ({ core, auth, params }) => presentMessageStory(await findMessage(core, auth, params.id)),
  });

  table.post('/sms/:id/cancel', {
    id: 'cancelSms',
    tag,
    summary: 'Cancel a text that waits',
    scope: 'messages:write',
    params: SmsParams,
    returns: SmsReply,
    handle: async ({ core, auth, params }) => presentMessage(await cancelMessage(core, auth, params.id)),
  });

  table.delete('/sms/:id', {
    id: 'eraseSms',
    tag,
    summary: 'Erase what a text said',
    description: 'Its addresses, state and times stay; of its events id, type and time.',
    scope: 'messages:write',
    params: SmsParams,
    handle: async ({ core, auth, params }) => {
      await eraseMessage(core, auth, params.id);
      return undefined;
    },
  });
}
