import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { audioUrl } from '#apis/phone-system/audio-routes.js';
import { notYours, ownUser } from '#apis/phone-system/may.js';
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
import {
  CALL_RESULTS,
  findRecord,
  listRecords,
  removeRecord,
  removeRecording,
  type CallRecord,
  type RecordFilter,
} from '#core/call-records/index.js';
import type { Core } from '#core/core.js';
import { requireFeature } from '#core/plans/index.js';

const tag = 'Calls';
const LONGEST_SECONDS = 86_400 * 7;
const Params = Type.Object({ id: Type.String() });
const instant = (description: string) => Type.String({ description, examples: ['2026-09-20T00:00:00+00:00'] });
const seconds = (description: string) => Type.Integer({ minimum: 0, maximum: LONGEST_SECONDS, description });
const NUMBER = '^([+ ]?[0-9]{3,15}|anonymous)$';
const Result = Type.Enum([...CALL_RESULTS]);
const Direction = Type.Enum(['inbound', 'outbound']);

const Query = Type.Object(
  {
    ...PAGE_QUERY,
    direction: Type.Optional(Direction),
    after: Type.Optional(instant('Began at this moment or later.')),
    before: Type.Optional(instant('Began before this moment.')),
    number: Type.Optional(Type.String({ pattern: NUMBER, description: 'Who was outside; `+` is written `%2B`.' })),
    phoneNumber: Type.Optional(Type.String({ pattern: NUMBER, description: 'The number of the account.' })),
    minDuration: Type.Optional(seconds('At least so many seconds.')),
    maxDuration: Type.Optional(seconds('At most so many seconds.')),
    result: Type.Optional(Result),
    userId: Type.Optional(Type.String({ description: 'Of whom it reached, or who made it.' })),
    updatedAfter: Type.Optional(
      instant('Changed at this moment or later, the earliest change first. For those who keep a copy.'),
    ),
    ...AFTER_ID,
  },
  { additionalProperties: false },
);

const CallRecordObject = Type.Object({
  id: Type.String(),
  direction: Direction,
  callDate: Type.String(),
  externalName: Type.String({ description: 'The number again where no name is known.' }),
  externalNumber: Type.String({ description: 'Of whoever was outside; `anonymous` where it was not shown.' }),
  callerVerification: Type.Union([Type.String(), Type.Null()], {
    description:
      'What the network of the caller says of the number (`TN-Validation-Passed`, …); null where it says nothing.',
  }),
  callerIdentity: Type.Union([Type.String(), Type.Null()], {
    description:
      'What that network signed the call with (Identity, RFC 8224), as received; null where it came without, or the caller withholds the number.',
  }),
  phoneNumber: Type.String({ description: 'Of the account.' }),
  duration: Type.Integer({ description: 'Seconds between answer and end.' }),
  recorded: Type.Boolean(),
  recording: Type.Union([Type.String(), Type.Null()], { description: 'A link that is good for ten minutes.' }),
  result: Result,
  events: Type.Array(
    Type.Object({ id: Type.String(), type: Type.String(), description: Type.String(), createdAt: Type.String() }),
  ),
  updatedAt: Type.String(),
});

function presentRecord(core: Core, { accountId, mode }: Caller, record: CallRecord): Static<typeof CallRecordObject> {
  const { recordingId: id } = record;
  return {
    id: record.id,
    direction: record.direction === 'in' ? 'inbound' : 'outbound',
    callDate: presentTime(record.at),
    externalName: record.theirName ?? record.theirs,
    externalNumber: record.theirs,
    callerVerification: record.verification ?? null,
    callerIdentity: record.identity ?? null,
    phoneNumber: record.ours,
    duration: record.durationSeconds,
    recorded: id !== undefined,
    recording: id === undefined ? null : audioUrl(core, { kind: 'recording', id, accountId, mode }),
    result: record.result,
    events: record.steps.map(({ at, ...step }) => ({ ...step, createdAt: presentTime(at) })),
    updatedAt: presentTime(record.updatedAt),
  };
}

/** `+` comes as a blank where it was not escaped, and numbers of ours may be written without. */
function parseNumber(text: string | undefined): string | undefined {
  if (text === undefined || text === 'anonymous') return text;
  const digits = text.replace(/^[+ ]/, '');
  return digits.length > 6 ? `+${digits}` : digits;
}

function parseFilter(query: Static<typeof Query>, auth: Caller): RecordFilter {
  const { direction, after, before, updatedAfter } = query;
  const own = ownUser(auth);
  if (own !== undefined && query.userId !== undefined && query.userId !== own.id) throw notYours('a history');
  const changes = changesFrom('updatedAfter', updatedAfter, query);
  return {
    direction: direction === undefined ? undefined : direction === 'inbound' ? 'in' : 'out',
    result: query.result,
    ours: parseNumber(query.phoneNumber),
    theirs: parseNumber(query.number),
    after: after === undefined ? undefined : parseInstant('after', after),
    before: before === undefined ? undefined : parseInstant('before', before),
    minSeconds: query.minDuration,
    maxSeconds: query.maxDuration,
    userId: own?.id ?? query.userId,
    updatedAfter: changes?.at,
    afterId: changes?.afterId,
  };
}

/** Calls between people that are over. Those between two extensions are not in it. */
export function callHistoryRoutes(table: RouteTable<Caller>): void {
  table.get('/call-history', {
    id: 'listCallHistory',
    tag,
    summary: 'List calls that are over, the newest first',
    description:
      'Calls from and to people outside; those between two extensions are not in it. `after` and `before` need the ' +
      'feature `date_filtered_history`. A key of a user has the calls that reached them, and those that they made. ' +
      `By \`updatedAfter\` a list of changes: ${WALKED}`,
    scope: 'phone-system:read',
    refuses: [402],
    query: Query,
    returns: pageOf(CallRecordObject),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const filter = parseFilter(query, auth);
      if (filter.after !== undefined || filter.before !== undefined) {
        await requireFeature(core, auth, 'date_filtered_history');
      }
      const { page, pageSize } = query;
      const { items, total } = await listRecords(core, auth, { ...filter, page, pageSize });
      const presented = items.map((record) => presentRecord(core, auth, record));
      const last = filter.updatedAfter === undefined ? undefined : presented.at(-1);
      return presentPage(handling, { items: presented, total, onward: last && onwardFrom(last) });
    },
  });

  table.get('/call-history/:id', {
    id: 'getCallRecord',
    tag,
    summary: 'One call that is over',
    scope: 'phone-system:read',
    params: Params,
    returns: dataOf(CallRecordObject),
    handle: async ({ core, auth, params }) => ({
      data: presentRecord(core, auth, await findRecord(core, auth, { id: params.id, userId: ownUser(auth)?.id })),
    }),
  });

  table.delete('/call-history/:id', {
    id: 'deleteCallRecord',
    tag,
    summary: 'Delete a call and its recording for good',
    scope: 'phone-system:write',
    params: Params,
    handle: async ({ core, auth, params }) => {
      await removeRecord(core, auth, { id: params.id, actor: auth.keyId });
      return undefined;
    },
  });

  table.delete('/call-history/:id/recording', {
    id: 'deleteCallRecording',
    tag,
    summary: 'Delete the recording of a call for good',
    description: 'Links to it lead nowhere from then on; the call stays.',
    scope: 'phone-system:write',
    params: Params,
    handle: async ({ core, auth, params }) => {
      await removeRecording(core, auth, { id: params.id, actor: auth.keyId });
      return undefined;
    },
  });
}
