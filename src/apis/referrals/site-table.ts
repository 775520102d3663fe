import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { HttpProblem, type Handling, type Route, type RouteTable } from '#apis/http/index.js';
import { compileValidator } from '#apis/http/validate.js';
import type { Caller } from '#core/accounts/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import type { Site } from '#core/sites/index.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler of a site is given. */
export type SiteHandling<B = unknown, Q = unknown, P = unknown> = Handling<Caller, B, Q, P> & { site: Site };

/** A route of a site: `body` and `query` without their `site_slug`, `returns` without its envelope. */
export type SiteRoute<B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema> = Omit<
  Route<Caller, B, Q, P, R>,
  'handle' | 'together' | 'settle' | 'withLinks'
> & {
  handle: (handling: SiteHandling<Static<B>, Static<Q>, Static<P>>) => Promise<Static<R> | undefined>;
};

/** What the server makes of both is checked by the schemas, not by the types. */
type AnyRoute = Route<Caller, TSchema, TSchema, TSchema, TSchema>;

type AddSiteRoute = <B extends TSchema, Q extends TSchema, P extends TSchema, R extends TSchema>(
  path: string,
  route: SiteRoute<B, Q, P, R>,
) => void;

export type SiteTable = Record<Method, AddSiteRoute>;

const Slug = Type.Optional(
  Type.String({ description: 'Which site of the account. Absent: the one that the key is of, or the only one.' }),
);

/**
 * The same table, whose routes are of a site: each takes `site_slug` in its query, and where it has a body also
 * there, and answers `{"ok": true, "result": …}`.
 */
export function siteTable(table: RouteTable<Caller>): SiteTable {
  const add =
    (method: Method): AddSiteRoute =>
    (path, route) => {
      const { body, query, returns, handle, ...rest } = route;
      const whole: AnyRoute = {
        ...rest,
        ...(body === undefined ? {} : { body: withSlug(body) }),
        query: withSlug(query ?? Type.Object({})),
        returns: Type.Object({ ok: Type.Literal(true), result: returns ?? Type.Object({}) }),
        // There may be no such site; what can be read may not be possible.
        refuses: [404, ...(method === 'get' ? [] : [422]), ...(route.refuses ?? [])],
        async handle(handling) {
          if (body === undefined) nothingIn(handling.body ?? {});
          const site = await siteOf(handling.core, handling.auth, slugOf(handling));
          const work = () => handle({ ...handling, site } as Parameters<typeof handle>[0]);
          const result = await handling.core.siteLoad.run(site, work);
          return { ok: true, result: result ?? {} };
        },
      };
      table[method](path, whole);
    };
  return { get: add('get'), post: add('post'), put: add('put'), patch: add('patch'), delete: add('delete') };
}

/** Of what takes no body: a field that is none is told here as well. */
const nothingIn = compileValidator(withSlug(Type.Object({})), 'body');

function withSlug(schema: TSchema): TObject {
  const { properties, examples } = schema as TObject & { examples?: unknown[] };
  const example = examples === undefined ? {} : { examples };
  return Type.Object({ ...properties, site_slug: Slug }, { additionalProperties: false, ...example });
}

/** @throws HttpProblem `invalid_input` where the two differ */
function slugOf({ body, query }: Pick<Handling<Caller>, 'body' | 'query'>): string | undefined {
  const inBody = (body as { site_slug?: string } | undefined)?.site_slug;
  const inQuery = (query as { site_slug?: string }).site_slug;
  if (inBody !== undefined && inQuery !== undefined && inBody !== inQuery) {
    throw new HttpProblem('invalid_input', '`site_slug` is not the same in the query and in the body.', {
      field: 'site_slug',
    });
  }
  return inBody ?? inQuery;
}

async function siteOf(core: Pick<Core, 'knownSites'>, caller: Caller, slug: string | undefined): Promise<Site> {
  try {
    return await core.knownSites.asked(caller, slug);
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== 'site.not_found') throw error;
    throw new HttpProblem('not_found', 'No site found by `site_slug`.');
  }
}
