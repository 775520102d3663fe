import Type, { type Static } from 'typebox';
import { presentTime } from '#apis/phone-system/time.js';
import {
  CONTACT_DETAILS,
  EXTRA_LIMITS,
  FIELD_LIMITS,
  TAG_LIMITS,
  type Contact,
  type NewContact,
} from '#core/contacts/index.js';

const strict = { additionalProperties: false };
const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** The account's own field that this door shows by a name of its own. */
const NOTES = 'notes';

const PhoneNumber = Type.Object(
  {
    label: Type.Optional(Nullable(Type.String({ maxLength: EXTRA_LIMITS.labelCharacters, examples: ['work'] }))),
    number: Type.String({
      minLength: 4,
      maxLength: 64,
      description: 'E.164, or as people write it: national numbers get the country of the account’s own oldest number.',
      examples: ['+12125550100'],
    }),
  },
  strict,
);

const CHANGES = {
  firstName: Type.Optional(Nullable(Type.String({ maxLength: CONTACT_DETAILS.first_name }))),
  lastName: Type.Optional(Nullable(Type.String({ maxLength: CONTACT_DETAILS.last_name }))),
  company: Type.Optional(Nullable(Type.String({ maxLength: CONTACT_DETAILS.company }))),
  emails: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: CONTACT_DETAILS.email }), {
      maxItems: EXTRA_LIMITS.emails,
      uniqueItems: true,
      description: 'The first is the one that is written to.',
    }),
  ),
  notes: Type.Optional(Nullable(Type.String({ maxLength: FIELD_LIMITS.valueCharacters }))),
  tags: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: TAG_LIMITS.characters }), { maxItems: TAG_LIMITS.count }),
  ),
  externalId: Type.Optional(
    Nullable(
      Type.String({ maxLength: CONTACT_DETAILS.external_id, description: 'Yours; no two contacts have the same.' }),
    ),
  ),
  customFields: Type.Optional(
    Type.Record(Type.String(), Nullable(Type.String({ maxLength: FIELD_LIMITS.valueCharacters })), {
      maxProperties: FIELD_LIMITS.count,
      description: 'Null takes one away, the absent ones stay.',
    }),
  ),
};
const phoneNumbers = Type.Array(PhoneNumber, {
  minItems: 1,
  maxItems: EXTRA_LIMITS.numbers,
  description: 'The first of a new contact is what the contact is known by, is texted to and called at.',
});

export const ContactBody = Type.Object({ phoneNumbers, ...CHANGES }, strict);
export const ContactPatch = Type.Object({ phoneNumbers: Type.Optional(phoneNumbers), ...CHANGES }, strict);

export const ContactObject = Type.Object({
  id: Type.String(),
  firstName: Nullable(Type.String()),
  lastName: Nullable(Type.String()),
  company: Nullable(Type.String()),
  emails: Type.Array(Type.String()),
  phoneNumbers: Type.Array(Type.Object({ label: Nullable(Type.String()), number: Type.String() })),
  notes: Nullable(Type.String()),
  tags: Type.Array(Type.String()),
  externalId: Nullable(Type.String()),
  customFields: Type.Record(Type.String(), Type.String()),
  createdAt: Type.String(),
  updatedAt: Type.String(),
});

/** Theirs to ours. */
export function parseChanges(body: Static<typeof ContactPatch>): Omit<NewContact, 'phone'> {
  const { phoneNumbers: numbers, firstName, lastName, company, emails, notes, tags, externalId, customFields } = body;
  const fields = { ...customFields, ...(notes === undefined ? {} : { [NOTES]: emptyToNull(notes) }) };
  return {
    ...(numbers === undefined ? {} : { numbers: numbers.map(({ label = null, number }) => ({ label, number })) }),
    ...(firstName === undefined ? {} : { first_name: firstName }),
    ...(lastName === undefined ? {} : { last_name: lastName }),
    ...(company === undefined ? {} : { company }),
    ...(emails === undefined ? {} : { emails }),
    ...(tags === undefined ? {} : { tags }),
    ...(externalId === undefined ? {} : { external_id: externalId }),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
}

/** The first number is the one that a new contact is known by. */
export function parseContact(body: Static<typeof ContactBody>): NewContact {
  return { ...parseChanges(body), phone: body.phoneNumbers[0]?.number ?? '' };
}

export function presentContact(contact: Contact): Static<typeof ContactObject> {
  const { [NOTES]: notes = null, ...customFields } = contact.fields;
  const named = contact.first_name !== null || contact.last_name !== null;
  return {
    id: contact.id,
    // A name that was never taken apart is shown as a whole.
    firstName: named ? contact.first_name : contact.name,
    lastName: contact.last_name,
    company: contact.company,
    emails: [contact.email ?? [], contact.otherEmails].flat(),
    phoneNumbers: [{ label: contact.phoneLabel, number: contact.phone }, ...contact.otherNumbers],
    notes,
    tags: contact.tags,
    externalId: contact.external_id,
    customFields,
    createdAt: presentTime(contact.createdAt),
    updatedAt: presentTime(contact.updatedAt),
  };
}

function emptyToNull(text: string | null): string | null {
  return text === null || text.trim() === '' ? null : text;
}
