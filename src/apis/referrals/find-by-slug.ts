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

/** @throws HttpProblem `not_found`, in this API's sentence */
export function originBySlug(core: Pick<Core, 'db'>, site: Site, slug: string): Promise<Origin> {
  return orSay(findOrigin(core, site, slug), 'origin.not_found', 'No origin found by `origin_slug`.');
}

async function orSay<T>(found: Promise<T>, code: string, sentence: string): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CoreError && error.code === code) throw new HttpProblem('not_found', sentence);
    throw error;
  }
}
