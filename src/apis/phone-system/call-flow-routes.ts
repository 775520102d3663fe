import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { dataOf, PageQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import { inRoutingWords, kindInWords, objectInWords } from '#apis/phone-system/routing-words.js';
import { parseInstant, presentTime } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { simulateCall, type SimulatedCall } from '#core/call-simulation/index.js';
import {
  findVersion,
  listVersions,
  rollBack,
  routingProblems,
  type RoutingChange,
  type RoutingVersion,
} from '#core/routing/index.js';
import { forgetRemovedMailboxes } from '#core/voicemail/index.js';

const tag = 'Call flow';
const strict = { additionalProperties: false };
/** Of each list of problems. */
const MOST_SHOWN = 500;
const VersionParams = Type.Object({ version: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }) });

const Problem = Type.Object({
  path: Type.String({ examples: ['menus[7].options[2].destination'] }),
  message: Type.String(),
  reachedFrom: Type.Optional(Type.String({ description: 'A number that leads there.' })),
});
const Problems = Type.Object({
  version: Type.Integer(),
  problemCount: Type.Integer(),
  problems: Type.Array(Problem, {
    description: 'What is wrong where calls are led, for somebody left or lost a phone.',
  }),
  incompleteCount: Type.Integer(),
  incomplete: Type.Array(Problem, { description: 'What is missing where no number leads yet.' }),
});
const Version = Type.Object({
  version: Type.Integer(),
  author: Type.String(),
  summary: Type.String(),
  objectCount: Type.Integer({ description: 'How many objects it changed.' }),
  rolledBackTo: Type.Union([Type.Integer(), Type.Null()]),
  createdAt: Type.String(),
});
const Change = Type.Object({
  kind: Type.String({ description: '`menu`, `virtual_number`, `voice_mailbox` and so on.' }),
  id: Type.Integer(),
  before: Type.Unknown(),
  after: Type.Unknown(),
});
const VersionWithChanges = Type.Object({
  ...Version.properties,
  changes: Type.Array(Change, { description: 'What each object was before and after; null: it was not there.' }),
});

const Key = Type.String({ pattern: '^[0-9*#]*$', maxLength: 32 });
const Simulation = Type.Object(
  {
    from: Type.Optional(
      Type.Union([Type.String({ minLength: 2, maxLength: 32 }), Type.Null()], {
        description: 'Who calls: E.164, or an extension. Null or absent: a hidden number.',
      }),
    ),
    to: Type.String({ minLength: 2, maxLength: 32, description: 'A number of the account, or an extension.' }),
    at: Type.Optional(Type.String({ description: 'When, in ISO 8601 with an offset. Absent: now.' })),
    keys: Type.Optional(
      Type.Array(Key, {
        maxItems: 100,
        description: 'What is pressed, each time keys are waited for; empty: nothing.',
      }),
    ),
    answers: Type.Optional(
      Type.Array(
        Type.Object(
          {
            who: Type.String({
              minLength: 1,
              maxLength: 32,
              description: 'A phone, an extension or a number outside.',
            }),
            afterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3600, description: 'Default: 5.' })),
          },
          strict,
        ),
        { maxItems: 100, description: 'Who takes the call when they are rung; all others let it ring.' },
      ),
    ),
  },
  strict,
);
const Simulated = Type.Object({
  version: Type.Integer(),
  to: Type.String(),
  outcome: Type.String({ description: 'answered, voicemail, hangup, blocked, unrouted or unfinished.' }),
  startsAt: Type.String(),
  endsAt: Type.String(),
  steps: Type.Array(
    Type.Object({
      at: Type.String(),
      type: Type.String(),
      description: Type.String(),
      said: Type.Array(Type.String(), { description: 'What the caller hears.' }),
      rings: Type.Array(
        Type.Object({ name: Type.String(), at: Type.String(), seconds: Type.Integer(), announced: Type.Boolean() }),
      ),
    }),
  ),
  events: Type.Array(Type.Object({ type: Type.String(), description: Type.String(), createdAt: Type.String() }), {
    description: 'As the call history would tell it.',
  }),
  assumed: Type.Array(Type.String()),
});

/** Where calls lead as a whole: what is wrong, what would happen, every change, and the way back. */
export function callFlowRoutes(table: RouteTable<Caller>): void {
  table.post('/call-flow/simulate', {
    id: 'simulateCall',
    tag,
    summary: 'What would happen to a call, step by step, without calling anyone',
    scope: 'phone-system:read',
    body: Simulation,
    status: 200,
    returns: dataOf(Simulated),
    handle: async ({ core, auth, body }) => {
      const { from, to, at, keys, answers } = body;
      const when = at === undefined ? undefined : parseInstant('at', at);
      return {
        data: presentCall(await simulateCall(core, auth, { from: from ?? undefined, to, at: when, keys, answers })),
      };
    },
  });

  table.get('/call-flow/problems', {
    id: 'listCallFlowProblems',
    tag,
    summary: 'What is wrong or missing in where calls lead',
    scope: 'phone-system:read',
    returns: dataOf(Problems),
    handle: async ({ core, auth }) => {
      const { version, problems, incomplete } = await routingProblems(core, auth);
      const shown = (list: typeof problems) =>
        list.slice(0, MOST_SHOWN).map((problem) => ({ ...problem, path: inRoutingWords(problem.path) }));
      return {
        data: {
          version,
          problemCount: problems.length,
          problems: shown(problems),
          incompleteCount: incomplete.length,
          incomplete: shown(incomplete),
        },
      };
    },
  });

  table.get('/call-flow/versions', {
    id: 'listCallFlowVersions',
    tag,
    summary: 'List the changes of where calls lead, the newest first',
    scope: 'phone-system:read',
    query: PageQuery,
    returns: pageOf(Version),
    handle: async (handling) => {
      const { core, auth, query } = handling;
      const { items, total } = await listVersions(core, auth, query);
      return presentPage(handling, { items: items.map(presentVersion), total });
    },
  });

  table.get('/call-flow/versions/:version', {
    id: 'getCallFlowVersion',
    tag,
    summary: 'One change, with what each object was before and after',
    scope: 'phone-system:read',
    params: VersionParams,
    returns: dataOf(VersionWithChanges),
    handle: async ({ core, auth, params }) => {
      const version = await findVersion(core, auth, params.version);
      return { data: { ...presentVersion(version), changes: version.changes.map(presentChange) } };
    },
  });

  table.post('/call-flow/versions/:version/rollback', {
    id: 'rollBackCallFlow',
    tag,
    summary: 'Bring back what held after a version, as a new version',
    description:
      'Version 0 is the beginning. Checked like any change: refused when calls would lead to somebody who left. What was ' +
      'in mailboxes that were not there then is deleted for good.',
    scope: 'phone-system:write',
    params: VersionParams,
    status: 201,
    returns: dataOf(Version),
    handle: async ({ core, auth, params }) => {
      const { accountId, mode, keyId } = auth;
      const version = await rollBack(core, { accountId, mode, author: keyId }, params.version);
      await forgetRemovedMailboxes(core, { accountId, mode });
      return { data: presentVersion(version) };
    },
  });
}

function presentVersion({ version, author, summary, objects, rolledBackTo, createdAt }: RoutingVersion) {
  return {
    version,
    author,
    summary,
    objectCount: objects,
    rolledBackTo: rolledBackTo ?? null,
    createdAt: presentTime(createdAt),
  };
}

function presentChange({ kind, id, before, after }: RoutingChange) {
  return { kind: kindInWords(kind), id, before: objectInWords(before), after: objectInWords(after) };
}

function presentCall({ version, to, outcome, startsAt, endsAt, steps, history, assumed }: SimulatedCall) {
  return {
    version,
    to,
    outcome,
    startsAt: presentTime(startsAt),
    endsAt: presentTime(endsAt),
    steps: steps.map(({ at, kind, ...step }) => ({ at: presentTime(at), type: kind, ...step })),
    events: history.map(({ type, description, at }) => ({ type, description, createdAt: presentTime(at) })),
    assumed,
  };
}
