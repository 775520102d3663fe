import type { SitePerson } from '#core/site-people/site-person.js';

/** What events say of somebody. */
export function personFacts(person: SitePerson): Record<string, unknown> {
  return {
    id: person.id,
    email: person.email,
    phone: person.phone,
    username: person.username,
    customerId: person.customerId,
    firstName: person.firstName,
    lastName: person.lastName,
    properties: person.properties,
    subChoice: person.subChoice,
    subscribedAt: iso(person.subscribedAt),
    optedInAt: iso(person.optedInAt),
    unsubscribedAt: iso(person.unsubscribedAt),
    createdAt: iso(person.createdAt),
  };
}

function iso(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
