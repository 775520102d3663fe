import Type, { type Static, type TSchema } from 'typebox';
import { HttpProblem, type Handling } from '#apis/http/index.js';
import { parseInstant } from '#apis/phone-system/time.js';
import type { Caller } from '#core/accounts/index.js';
import { CHANGES_MOST, type FromChange } from '#core/changes.js';

const LARGEST_PAGE = 100;
const LAST_PAGE = 2 ** 31 - 1;

/** For the query of every list; filters stand beside it: `Type.Object({ ...PAGE_QUERY, … }, strict)`. */
export const PAGE_QUERY = {
  page: Type.Integer({ minimum: 1, maximum: LAST_PAGE, default: 1 }),
  pageSize: Type.Integer({ minimum: 1, maximum: LARGEST_PAGE, default: 25 }),
};

/** Where a list that is of changes always has no moment. */
export const THE_BEGINNING = '1970-01-01T00:00:00Z';

/** For lists of changes, beside the moment from which on. */
export const AFTER_ID = {
  afterId: Type.Optional(
    Type.String({ maxLength: 100, description: 'Of those of that very moment, after the one of this id.' }),
  ),
};

/**
 * From which change on; undefined: a list of all. Such a list ends after 10,000, and its last page leads on to what
 * follows. @throws HttpProblem `invalid_input` for what cannot be, and for pages beyond
 */
export function changesFrom(
  field: string,
  text: string | undefined,
  { afterId, page, pageSize }: { afterId?: string | undefined; page: number; pageSize: number },
): FromChange | undefined {
  if (text === undefined) {
    if (afterId === undefined) return undefined;
    throw new HttpProblem('invalid_input', `An afterId goes with "${field}".`, { field: 'afterId' });
  }
  const at = parseInstant(field, text);
  if (page * pageSize > CHANGES_MOST) {
    const message = `A list of changes ends after ${CHANGES_MOST}: ask on from the last one that you have, by ${field} and afterId.`;
    throw new HttpProblem('invalid_input', message, { field: 'page' });
  }
  return { at, afterId };
}

/** What leads on from the last item of a list by `updatedAfter`. */
export function onwardFrom({ id, updatedAt }: { id: string; updatedAt: string }): Record<string, string> {
  return { updatedAfter: updatedAt, afterId: id };
}

export const PageQuery = Type.Object(PAGE_QUERY, { additionalProperties: false });

const Url = Type.Union([Type.String(), Type.Null()]);
const Pagination = Type.Object({
  count: Type.Integer({ description: 'Of this page.' }),
  currentPage: Type.Integer(),
  firstPageUrl: Type.String(),
  from: Type.Union([Type.Integer(), Type.Null()], { description: 'Place of the first one here, from 1.' }),
  lastPageUrl: Type.String(),
  nextPageUrl: Url,
  path: Type.String(),
  perPage: Type.Integer(),
  prevPageUrl: Url,
  to: Type.Union([Type.Integer(), Type.Null()], { description: 'Place of the last one here.' }),
  total: Type.Integer({ description: 'Of all pages.' }),
  totalPages: Type.Integer({ description: 'At least 1.' }),
});

export function pageOf<T extends TSchema>(item: T) {
  return Type.Object({ data: Type.Array(item), pagination: Pagination });
}

export function dataOf<T extends TSchema>(item: T) {
  return Type.Object({ data: item });
}

type PageAsked = Pick<Handling<Caller, unknown, Static<typeof PageQuery>>, 'core' | 'request' | 'query'>;

/**
 * `items`: the presented ones of this page; `total`: of all. The addresses of other pages keep the filters. `onward`: of
 * a list of changes, what leads on from its last item.
 */
export function presentPage<T>(
  { core, request, query }: PageAsked,
  { items, total, onward }: { items: T[]; total: number; onward?: Record<string, string> | undefined },
) {
  const { page, pageSize } = query;
  const address = new URL(request.url, core.settings.publicUrl);
  const path = `${core.settings.publicUrl}${address.pathname}`;
  const totalPages = Math.max(1, Math.ceil(total / pageSize));
  const urlOf = (wanted: number): string => {
    address.searchParams.set('page', String(wanted));
    address.searchParams.set('pageSize', String(pageSize));
    return `${path}?${address.searchParams.toString()}`;
  };
  const onwardUrl = (params: Record<string, string>): string => {
    for (const [name, value] of Object.entries(params)) address.searchParams.set(name, value);
    return urlOf(1);
  };
  const next = page < totalPages && (onward === undefined || (page + 1) * pageSize <= CHANGES_MOST);
  const goesOn = !next && onward !== undefined && total === CHANGES_MOST;
  const before = (page - 1) * pageSize;
  const any = items.length > 0;
  const pagination = {
    count: items.length,
    currentPage: page,
    firstPageUrl: urlOf(1),
    from: any ? before + 1 : null,
    lastPageUrl: urlOf(totalPages),
    nextPageUrl: next ? urlOf(page + 1) : null,
    path,
    perPage: pageSize,
    // Whoever is past the end is led back to the last page.
    prevPageUrl: page > 1 ? urlOf(Math.min(page - 1, totalPages)) : null,
    to: any ? before + items.length : null,
    total,
    totalPages,
  };
  if (goesOn) pagination.nextPageUrl = onwardUrl(onward);
  return { data: items, pagination };
}

/** Of the lists of what leads calls. */
export const ObjectQuery = Type.Object(
  {
    ...PAGE_QUERY,
    search: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Part of the name, number or description, in any case.',
      }),
    ),
  },
  { additionalProperties: false },
);
