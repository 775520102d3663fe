import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { dataOf, ObjectQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import { changing, createObject, updateObject } from '#apis/phone-system/routing-objects.js';
import { presentTime } from '#apis/phone-system/time.js';
import { parseWeekly, presentWeekly, Weekly } from '#apis/phone-system/weekly.js';
import type { Caller } from '#core/accounts/index.js';
import { ROUTING_LIMITS, type ForwardingSchedule } from '#core/call-flow/index.js';
import { findObject, listObjects, type RoutingObject } from '#core/routing/index.js';

const tag = 'Forwarding schedules';
const strict = { additionalProperties: false };
const Zone = Type.Union([Type.String({ maxLength: 64, examples: ['America/New_York'] }), Type.Null()], {
  description: 'IANA; null: that of the hours.',
});
const name = Type.String({ minLength: 1, maxLength: ROUTING_LIMITS.nameCharacters });
const ScheduleBody = Type.Object({ name, timezone: Type.Optional(Zone), windows: Type.Optional(Weekly) }, strict);
const SchedulePatch = Type.Object(
  { name: Type.Optional(name), timezone: Type.Optional(Zone), windows: Type.Optional(Weekly) },
  strict,
);
const ScheduleObject = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  timezone: Type.Union([Type.String(), Type.Null()]),
  windows: Weekly,
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

function parse({ name: called, timezone, windows }: Static<typeof SchedulePatch>): Partial<ForwardingSchedule> {
  return {
    ...(called === undefined ? {} : { name: called }),
    ...(timezone === undefined ? {} : { timeZone: timezone }),
    ...(windows === undefined ? {} : { windows: parseWeekly(windows) }),
  };
}

function present(schedule: RoutingObject<'forwarding_schedule'>): Static<typeof ScheduleObject> {
  const { id, body, createdAt, updatedAt } = schedule;
  return {
    ...{ id, name: body.name, timezone: body.timeZone, windows: presentWeekly(body.windows) },
    ...{ createdAt: presentTime(createdAt), updatedAt: presentTime(updatedAt) },
  };
}

/** When a member of a ring group is rung. */
export function forwardingScheduleRoutes(table: RouteTable<Caller>): void {
  table.get('/forwarding-schedules', {
    id: 'listForwardingSchedules',
    tag,
    summary: 'List schedules, the oldest first',
    scope: 'phone-system:read',
    query: ObjectQuery,
    returns: pageOf(ScheduleObject),
    handle: async (handling) => {
      const { items, total } = await listObjects(handling.core, handling.auth, 'forwarding_schedule', handling.query);
      return presentPage(handling, { items: items.map(present), total });
    },
  });

  table.post('/forwarding-schedules', {
    id: 'createForwardingSchedule',
    tag,
    summary: 'Make a schedule',
    description: 'Without a window nobody is rung by it.',
    scope: 'phone-system:write',
    body: ScheduleBody,
    status: 201,
    returns: dataOf(ScheduleObject),
    handle: async (handling) => {
      const { body } = handling;
      const wanted = { timeZone: null, windows: [], name: body.name, ...parse(body) };
      return { data: present(await createObject(handling, 'forwarding_schedule', wanted)) };
    },
  });

  table.get('/forwarding-schedules/:id', {
    id: 'getForwardingSchedule',
    tag,
    summary: 'One schedule',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(ScheduleObject),
    handle: async ({ core, auth, params }) => ({
      data: present(await findObject(core, auth, 'forwarding_schedule', params.id)),
    }),
  });

  table.patch('/forwarding-schedules/:id', {
    id: 'updateForwardingSchedule',
    tag,
    summary: 'Change a schedule',
    description: 'Absent fields stay; `windows` take the place of all that there were.',
    scope: 'phone-system:write',
    params: IdParams,
    body: SchedulePatch,
    returns: dataOf(ScheduleObject),
    handle: async (handling) => {
      const place = { kind: 'forwarding_schedule', id: handling.params.id } as const;
      return { data: present(await updateObject(handling, place, parse(handling.body))) };
    },
  });

  table.delete('/forwarding-schedules/:id', {
    id: 'deleteForwardingSchedule',
    tag,
    summary: 'Delete a schedule',
    description: 'Refused with the groups that use it.',
    scope: 'phone-system:write',
    params: IdParams,
    handle: async (handling) => {
      const { id } = handling.params;
      await changing(handling, { kind: 'forwarding_schedule', id }, 'removed', (draft) =>
        draft.remove('forwarding_schedule', id),
      );
      return undefined;
    },
  });
}
