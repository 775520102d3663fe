import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { parseCallId } from '#apis/verify/call-id.js';
import { DEFAULT_PERIOD, parsePeriod } from '#apis/verify/call-period.js';
import { CallEntry, PlacedCall, presentCallEntry, presentPlacedCall } from '#apis/verify/present-call.js';
import { listSchema, presentList, strict } from '#apis/verify/present-object.js';
import type { Caller } from '#core/accounts/index.js';
import { callHistory, cancelCall, connectCall, findCall } from '#core/calls/index.js';

const tag = 'Calls';
const Params = Type.Object({ id: Type.String() });

/** These calls have no webhook of their own: registered endpoints are told of them. */
const DIALECT = 'verify';

const ConnectBody = Type.Object(
  {
    phone: Type.String({ description: 'Who is called, E.164.' }),
    from: Type.Optional(Type.String({ description: 'A number of yours. Default: your oldest.' })),
    user: Type.Optional(Type.String({ description: 'Id, e-mail address or name of who is to speak.' })),
    group: Type.Optional(Type.String({ description: 'Or id or name of a group: whoever picks up first speaks.' })),
  },
  strict,
);

const HistoryQuery = Type.Object(
  {
    period: Type.String({
      default: DEFAULT_PERIOD,
      description: 'today, yesterday, week, month, year, or two dates such as 2026-03-01,2026-03-31. In UTC.',
    }),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  strict,
);

export function callRoutes(table: RouteTable<Caller>): void {
  table.post('/calls', {
    id: 'connectCall',
    tag,
    summary: 'Connect somebody of yours with a phone',
    description:
      'All phones of the user, or of all members of the group, ring at once. For the first that is picked up the number ' +
      'is called, and both speak.',
    scope: 'calls:write',
    body: ConnectBody,
    status: 201,
    returns: PlacedCall,
    handle: async ({ core, auth, body }) =>
      presentPlacedCall(
        await connectCall(core, { accountId: auth.accountId, mode: auth.mode, ...body, dialect: DIALECT }),
      ),
  });

  table.get('/calls', {
    id: 'listCalls',
    tag,
    summary: 'Your calls of a period, the newest first',
    description: 'All of them: connected ones, spoken messages, and calls that speak a code.',
    scope: 'calls:read',
    query: HistoryQuery,
    returns: listSchema(CallEntry),
    handle: async ({ core, auth, query }) => {
      const period = parsePeriod(query.period, core.clock.now());
      const calls = await callHistory(core, auth, { ...period, limit: query.limit });
      return presentList(calls.map((call) => presentCallEntry(call, core.settings.publicUrl)));
    },
  });

  table.get('/calls/:id', {
    id: 'getCall',
    tag,
    summary: 'One call, as the list shows it',
    scope: 'calls:read',
    params: Params,
    returns: CallEntry,
    handle: async ({ core, auth, params }) => {
      const call = await findCall(core, auth, parseCallId(params.id));
      return presentCallEntry({ ...call, hasRecording: call.recording !== undefined }, core.settings.publicUrl);
    },
  });

  table.post('/calls/:id/hangup', {
    id: 'hangUpCall',
    tag,
    summary: 'End a call',
    description: 'A waiting call ends at once. One in progress is hung up, and ends a moment later.',
    scope: 'calls:write',
    params: Params,
    returns: PlacedCall,
    handle: async ({ core, auth, params }) => presentPlacedCall(await cancelCall(core, auth, parseCallId(params.id))),
  });
}
