import Type from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { IdParams } from '#apis/phone-system/ids.js';
import { dataOf, ObjectQuery, pageOf, presentPage } from '#apis/phone-system/page.js';
import {
  MemberObject,
  Members,
  parseGroup,
  parseMembers,
  presentGroup,
  presentMembers,
  RingGroupBody,
  RingGroupObject,
  USUAL_GROUP,
} from '#apis/phone-system/ring-group-schemas.js';
import {
  createObject,
  removeObject,
  ReplacementQuery,
  savedOf,
  updateObject,
  warningsOf,
} from '#apis/phone-system/routing-objects.js';
import type { Caller } from '#core/accounts/index.js';
import { findObject, listObjects, readRouting } from '#core/routing/index.js';

const tag = 'Ring groups';

/** Several who are rung for one call. */
export function ringGroupRoutes(table: RouteTable<Caller>): void {
  table.get('/ring-groups', {
    id: 'listRingGroups',
    tag,
    summary: 'List ring groups, the oldest first',
    scope: 'phone-system:read',
    query: ObjectQuery,
    returns: pageOf(RingGroupObject),
    handle: async (handling) => {
      const { items, total } = await listObjects(handling.core, handling.auth, 'ring_group', handling.query);
      return presentPage(handling, { items: items.map(presentGroup), total });
    },
  });

  table.post('/ring-groups', {
    id: 'createRingGroup',
    tag,
    summary: 'Make a ring group',
    description: 'Its members come after it: `PUT …/members`. Until then `warnings` say what is missing.',
    scope: 'phone-system:write',
    body: RingGroupBody,
    status: 201,
    returns: savedOf(RingGroupObject),
    handle: async (handling) => {
      const made = await createObject(handling, 'ring_group', { ...USUAL_GROUP, ...parseGroup(handling.body) });
      return { data: presentGroup(made), ...(await warningsOf(handling, { kind: 'ring_group', id: made.id })) };
    },
  });

  table.get('/ring-groups/:id', {
    id: 'getRingGroup',
    tag,
    summary: 'One ring group',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(RingGroupObject),
    handle: async ({ core, auth, params }) => ({
      data: presentGroup(await findObject(core, auth, 'ring_group', params.id)),
    }),
  });

  table.patch('/ring-groups/:id', {
    id: 'updateRingGroup',
    tag,
    summary: 'Change a ring group',
    description: 'Absent fields stay. The fields stand in the body itself; a body wrapped in `data` is refused.',
    scope: 'phone-system:write',
    params: IdParams,
    body: RingGroupBody,
    returns: savedOf(RingGroupObject),
    handle: async (handling) => {
      const place = { kind: 'ring_group', id: handling.params.id } as const;
      const data = presentGroup(await updateObject(handling, place, parseGroup(handling.body)));
      return { data, ...(await warningsOf(handling, place)) };
    },
  });

  table.delete('/ring-groups/:id', {
    id: 'deleteRingGroup',
    tag,
    summary: 'Delete a ring group',
    description: 'Refused with who leads to it, unless a replacement is named.',
    scope: 'phone-system:write',
    params: IdParams,
    query: ReplacementQuery,
    handle: async (handling) => removeObject(handling, 'ring_group', handling.params.id, handling.query),
  });

  table.get('/ring-groups/:id/members', {
    id: 'listRingGroupMembers',
    tag,
    summary: 'Who is rung, in their order',
    scope: 'phone-system:read',
    params: IdParams,
    returns: dataOf(Type.Array(MemberObject)),
    handle: async ({ core, auth, params }) => {
      const { body } = await findObject(core, auth, 'ring_group', params.id);
      return { data: presentMembers(await readRouting(core, auth), body.members) };
    },
  });

  table.put('/ring-groups/:id/members', {
    id: 'replaceRingGroupMembers',
    tag,
    summary: 'Set who is rung, in place of all that there were',
    scope: 'phone-system:write',
    params: IdParams,
    body: Members,
    returns: savedOf(Type.Array(MemberObject)),
    handle: async (handling) => {
      const { core, auth, params } = handling;
      const place = { kind: 'ring_group', id: params.id, part: 'members' } as const;
      const { body } = await updateObject(handling, place, { members: parseMembers(handling.body) });
      const data = presentMembers(await readRouting(core, auth), body.members);
      return { data, ...(await warningsOf(handling, place)) };
    },
  });
}
