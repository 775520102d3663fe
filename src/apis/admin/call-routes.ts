import Type from 'typebox';
import { AccountQuery, chosenAccount, Mode } from '#apis/admin/account-choice.js';
import { ACTOR, type AdminRoutes } from '#apis/admin/admin-parts.js';
import { replyInLines } from '#apis/admin/json-lines.js';
import { recordAudit } from '#core/accounts/index.js';
import { findCall, isTerminal, placeCall, type CallOwner, type CallStory } from '#core/calls/index.js';
import type { Core } from '#core/core.js';

/** How often a followed call is looked at. Its events may come from another process. */
const LOOK_EVERY_MS = 200;

export function addCallRoutes(table: AdminRoutes): void {
  table.post('/calls', {
    id: 'placeCall',
    summary: 'Place a call',
    query: AccountQuery,
    body: Type.Object(
      {
        to: Type.String(),
        from: Type.String(),
        message: Type.String(),
        voice: Type.Optional(Type.String()),
        mode: Mode,
      },
      { additionalProperties: false },
    ),
    status: 201,
    handle: async ({ core, query, body }) => {
      const { id: accountId } = await chosenAccount(core, query);
      // No webhook, so no dialect is ever rendered; the name says where the call came from.
      const call = await placeCall(core, { accountId, ...body, dialect: 'admin' });
      const at = new Date(core.clock.now());
      await recordAudit(core.db, { accountId, actor: ACTOR, action: 'call.place', subject: call.id, at });
      return { id: call.id, status: call.status };
    },
  });

  table.get('/calls/:id/events', {
    id: 'followCall',
    summary: 'The events of a call as they come, to its last one; a JSON document a line',
    query: Type.Object({ ...AccountQuery.properties, mode: Mode }),
    params: Type.Object({ id: Type.String() }),
    returnsType: 'application/x-ndjson',
    handle: async ({ core, query, params, reply, closing }) => {
      const { id: accountId } = await chosenAccount(core, query);
      const owner = { accountId, mode: query.mode };
      // Refused before the stream begins.
      await findCall(core, owner, params.id);
      return replyInLines(reply, follow(core, owner, params.id, closing));
    },
  });
}

/** What is there, then what comes, until the call has ended or the server closes. */
async function* follow(
  core: Pick<Core, 'db' | 'clock'>,
  owner: CallOwner,
  id: string,
  closing: AbortSignal,
): AsyncGenerator<ReturnType<typeof presentEvent>> {
  for (let given = 0; !closing.aborted;) {
    const story = await findCall(core, owner, id);
    yield* story.events.slice(given).map(presentEvent);
    if (isTerminal(story.status)) return;
    given = story.events.length;
    await new Promise<void>((resolve) => core.clock.after(LOOK_EVERY_MS, resolve));
  }
}

/** Its data is core's facts of the call at that moment. */
function presentEvent({ type, at, data }: CallStory['events'][number]) {
  return {
    type,
    at,
    status: data['status'] ?? null,
    digit: data['digit'] ?? null,
    digits: data['digits'] ?? null,
    duration_seconds: data['durationSeconds'] ?? null,
    message_left: data['messageLeft'] ?? null,
    reason: data['reason'] ?? null,
    reason_text: data['reasonText'] ?? null,
    sip_code: data['sipCode'] ?? null,
    sip_reason: data['sipReason'] ?? null,
  };
}
