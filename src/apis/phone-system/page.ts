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

/** How a list of changes is walked through, as its description says. */
export const WALKED =
  '`nextPageUrl` goes on after the last one that is shown, so that nothing is left out, whatever changes meanwhile. By ' +
  '`page` such a list ends after 10,000. It shows what is at least ten seconds old, and older than whatever is still ' +
  'being written.';

/** For lists of changes, beside the moment from which on. */
export const AFTER_ID = {
  afterId: Type.Optional(
    Type.String({ maxLength: 100, description: 'Of those of that very moment, after the one of this id.' }),
  ),
};

interface ChangesAsked {
  afterId?: string | undefined;
  page: number;
  pageSize: number;
}

/** From which change on; undefined: a list of all. @throws HttpProblem as `changesSince` */
export function changesFrom(field: string, text: string | undefined, asked: ChangesAsked): FromChange | undefined {
  return text === undefined && asked.afterId === undefined ? undefined : changesSince(field, text, asked);
}

/**
 * The same of a list that always is one of changes, and without a moment begins with the first.
 * @throws HttpProblem `invalid_input` for what cannot be, and for pages after `CHANGES_MOST`
 */
export function changesSince(
  field: string,
  text: string | undefined,
  { afterId, page, pageSize }: ChangesAsked,
): FromChange {
  if (text === undefined && afterId !== undefined) {
    throw new HttpProblem('invalid_input', `An afterId goes with "${field}".`, { field: 'afterId' });
  }
  const at = text === undefined ? new Date(0) : parseInstant(field, text);
  if ((page - 1) * pageSize >= CHANGES_MOST) {
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
 * a list of changes, what leads on from its last item: what changes moves to the end, and all behind it one place forward,
 * so that the next page by its number would leave some out.
 */
export function presentPage<T>(
  { core, request, query }: PageAsked,
  { items, total, onward }: { items: T[]; total: number; onward?: Record<string, string> | undefined },
) {
  const { page, pageSize } = query;
  const address = new URL(request.url, core.settings.publicUrl);
  const path = `${core.settings.publicUrl}${address.pathname}`;
  const totalPages = Math.max(1, Math.ceil(total / pageSize));
  const urlOf = (wanted: number, params: Record<string, string> = {}): string => {
    const asked = new URLSearchParams(address.searchParams);
    const changed = { ...params, page: String(wanted), pageSize: String(pageSize) };
    for (const [name, value] of Object.entries(changed)) asked.set(name, value);
    return `${path}?${asked.toString()}`;
  };
  const nextUrl = (): string | null => {
    // More than are counted may follow.
    if (page >= totalPages && (onward === undefined || total < CHANGES_MOST)) return null;
    return onward === undefined ? urlOf(page + 1) : urlOf(1, onward);
  };
  const before = (page - 1) * pageSize;
  const any = items.length > 0;
  return {
    data: items,
    pagination: {
      count: items.length,
      currentPage: page,
      firstPageUrl: urlOf(1),
      from: any ? before + 1 : null,
      lastPageUrl: urlOf(totalPages),
      nextPageUrl: nextUrl(),
      path,
      perPage: pageSize,
      // Whoever is past the end is led back to the last page.
      prevPageUrl: page > 1 ? urlOf(Math.min(page - 1, totalPages)) : null,
      to: any ? before + items.length : null,
      total,
      totalPages,
    },
  };
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
