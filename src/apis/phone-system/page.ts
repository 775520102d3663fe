import Type, { type Static, type TSchema } from 'typebox';
import type { Handling } from '#apis/http/index.js';
import type { Caller } from '#core/accounts/index.js';

const LARGEST_PAGE = 100;
const LAST_PAGE = 2 ** 31 - 1;

/** For the query of every list; filters stand beside it: `Type.Object({ ...PAGE_QUERY, … }, strict)`. */
export const PAGE_QUERY = {
  page: Type.Integer({ minimum: 1, maximum: LAST_PAGE, default: 1 }),
  pageSize: Type.Integer({ minimum: 1, maximum: LARGEST_PAGE, default: 25 }),
};

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

/** `items`: the presented ones of this page; `total`: of all. The addresses of other pages keep the filters. */
export function presentPage<T>({ core, request, query }: PageAsked, { items, total }: { items: T[]; total: number }) {
  const { page, pageSize } = query;
  const address = new URL(request.url, core.settings.publicUrl);
  const path = `${core.settings.publicUrl}${address.pathname}`;
  const totalPages = Math.max(1, Math.ceil(total / pageSize));
  const urlOf = (wanted: number): string => {
    address.searchParams.set('page', String(wanted));
    address.searchParams.set('pageSize', String(pageSize));
    return `${path}?${address.searchParams.toString()}`;
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
      nextPageUrl: page < totalPages ? urlOf(page + 1) : null,
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
