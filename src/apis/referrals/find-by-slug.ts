import Type, { type Static } from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import type { Core } from '#core/core.js';
import { CoreError } from '#core/errors.js';
import { findOrigin, type Origin } from '#core/origins/index.js';
import { findPerson, type SitePerson } from '#core/site-people/index.js';
import type { Site } from '#core/sites/index.js';

/** @throws HttpProblem `not_found`, in this API's sentence */
export function personBySlug(core: Pick<Core, 'db'>, site: Site, slug: string): Promise<SitePerson> {
  return orSayNobody(findPerson(core, site, slug));
}

/** @throws HttpProblem `not_found`, in this API's sentence */
export function orSayNobody<T>(found: Promise<T>): Promise<T> {
  return orSay(found, 'site_person.not_found', 'No person found by `person_slug`.');
}

/** In a path and its query. */
export const OriginSlug = Type.Object({
  origin_slug: Type.String({
    maxLength: 400,
    description: 'The number of an order, or `CATEGORY:NUMBER` of an event; URL-encoded.',
    examples: ['100011'],
  }),
});
const KINDS = { Purchase: 'purchase', Event: 'event' } as const;
export const OriginType = Type.Object({
  origin_type: Type.Optional(
    Type.Enum(['Purchase', 'Event'], {
      description: 'Which is meant, where the number of an order is that of an event as well. Ours.',
    }),
  ),
});

/** @throws HttpProblem `not_found`, `invalid_input`, in this API's sentences */
export function originBySlug(
  core: Pick<Core, 'db'>,
  site: Site,
  { origin_slug: slug }: Static<typeof OriginSlug>,
  { origin_type: type }: Static<typeof OriginType>,
): Promise<Origin> {
  const found = findOrigin(core, site, slug, type && KINDS[type]);
  return orSay(found, 'origin.not_found', 'No origin found by `origin_slug`.').catch((error: unknown) => {
    if (!(error instanceof CoreError) || error.code !== 'origin.ambiguous') throw error;
    const message = 'A purchase and an event have this `origin_slug`: say by `origin_type` which, Purchase or Event.';
    throw new HttpProblem('invalid_input', message, { field: 'origin_type' });
  });
}

async function orSay<T>(found: Promise<T>, code: string, sentence: string): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CoreError && error.code === code) throw new HttpProblem('not_found', sentence);
    throw error;
  }
}
