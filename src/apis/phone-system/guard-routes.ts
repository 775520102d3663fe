import type { TSchema } from 'typebox';
import type { Handling, Route, RouteTable } from '#apis/http/index.js';
import { requireManager, requireOwner } from '#apis/phone-system/may.js';
import { describeRule, ruleOf, type RouteRule } from '#apis/phone-system/route-rules.js';
import type { Caller } from '#core/accounts/index.js';
import { requireFeature } from '#core/plans/index.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The same table, whose routes are for those only whom `route-rules.ts` names. */
export function guardRoutes(table: RouteTable<Caller>): RouteTable<Caller> {
  const add =
    (method: Method) =>
    <B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
      path: string,
      route: Route<Caller, B, Q, P, R>,
    ): void => {
      const rule = ruleOf(route.id);
      const description = [...(route.description === undefined ? [] : [route.description]), describeRule(rule)];
      table[method](path, {
        ...route,
        description: description.join('\n\n'),
        refuses: [...(route.refuses ?? []), ...(rule.feature === undefined ? [] : [402])],
        allow: (handling) => allow(rule, handling),
      });
    };
  return {
    get: add('get'),
    post: add('post'),
    put: add('put'),
    patch: add('patch'),
    delete: add('delete'),
    open: table.open,
  };
}

/** The plan comes last: whoever may not ask is not told of it. */
async function allow(
  { who, feature }: RouteRule,
  { core, auth }: Pick<Handling<Caller>, 'core' | 'auth'>,
): Promise<void> {
  if (who === 'managers') requireManager(auth);
  if (who === 'owners') requireOwner(auth);
  if (feature !== undefined) await requireFeature(core, auth, feature);
}
