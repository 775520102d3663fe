import Type, { type Static } from 'typebox';
import { presentTime } from '#apis/outreach/parse-time.js';
import {
  BASIS_CHARACTERS,
  CONTACT_DETAILS,
  DETAIL_NAMES,
  FIELD_LIMITS,
  TAG_LIMITS,
  type Consent,
  type ContactStory,
  type NewContact,
} from '#core/contacts/index.js';

const strict = { additionalProperties: false };

function detail(name: keyof typeof CONTACT_DETAILS, more = '') {
  return Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: `At most ${CONTACT_DETAILS[name]} characters${more}.` }),
  );
}

const ConsentGiven = Type.Object(
  {
    granted: Type.Boolean(),
    basis: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: `Where and how, at most ${BASIS_CHARACTERS} characters.`,
        examples: ['web form of 2026-03-01'],
      }),
    ),
  },
  strict,
);

const CHANGES = {
  name: detail('name', '; default: first and last name'),
  first_name: detail('first_name'),
  last_name: detail('last_name'),
  company: detail('company'),
  email: detail('email'),
  city: detail('city'),
  region: detail('region'),
  country: detail('country'),
  external_id: detail('external_id', ', yours; no two contacts have the same'),
  time_zone: detail('time_zone', ', of the IANA database, such as America/New_York'),
  variables: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()]), {
      description: `Fields of your own, at most ${FIELD_LIMITS.count}; null takes one away, the absent ones stay.`,
      examples: [{ APPT_DATE: 'Tuesday' }],
    }),
  ),
  tags: Type.Optional(
    Type.Array(Type.String(), { description: `At most ${TAG_LIMITS.count}, in place of those that it has.` }),
  ),
  lists: Type.Optional(Type.Array(Type.String(), { maxItems: 50, description: 'Ids of lists to become a member of.' })),
  opted_out: Type.Optional(
    Type.Object(
      { voice: Type.Optional(Type.Boolean()), sms: Type.Optional(Type.Boolean()) },
      {
        ...strict,
        description:
          'True opts the person out. False never lifts an opt-out: where there is one it is refused; see ' +
          '`DELETE /api/v1/dnc/{number}`.',
      },
    ),
  ),
  consent: Type.Optional(
    Type.Object(
      { voice: Type.Optional(ConsentGiven), sms: Type.Optional(ConsentGiven) },
      { ...strict, description: 'What the person agreed to or took back; every change stays in its history.' },
    ),
  ),
};

export const ContactBody = Type.Object(
  {
    phone: Type.String({
      minLength: 4,
      maxLength: 64,
      description: 'E.164, or as people write it: national numbers get the country of the account’s own oldest number.',
      examples: ['+12125550100'],
    }),
    ...CHANGES,
  },
  {
    ...strict,
    examples: [{ phone: '+12125550100', first_name: 'Sarah', tags: ['vip'], variables: { APPT_DATE: 'Tuesday' } }],
  },
);

export const ContactPatch = Type.Object(CHANGES, strict);

export const ContactReply = Type.Object(
  { contact_id: Type.String(), phone: Type.String(), created_at: Type.String(), updated_at: Type.String() },
  { description: 'What is not known is null. `opted_out` is what the ledger says now.' },
);

/** Theirs to ours. */
export function parseContact<B extends Static<typeof ContactPatch>>(body: B): Omit<NewContact, 'phone'> {
  const { variables, tags, lists, opted_out: optedOut, consent } = body;
  const details = Object.fromEntries(DETAIL_NAMES.flatMap((name) => (name in body ? [[name, body[name]]] : [])));
  return {
    ...details,
    ...(variables === undefined
      ? {}
      : {
          fields: Object.fromEntries(
            Object.entries(variables).map(([name, value]) => [name, value === null ? null : String(value)]),
          ),
        }),
    ...(tags === undefined ? {} : { tags }),
    ...(lists === undefined ? {} : { lists }),
    ...(optedOut === undefined ? {} : { optedOut }),
    ...(consent === undefined ? {} : { consent }),
  };
}

export function presentContact(contact: ContactStory) {
  return {
    contact_id: contact.id,
    phone: contact.phone,
    ...Object.fromEntries(DETAIL_NAMES.map((name) => [name, contact[name]])),
    variables: contact.fields,
    tags: contact.tags,
    lists: contact.lists,
    opted_out: contact.optedOut,
    consent: {
      voice: contact.consent.voice === undefined ? null : presentConsent(contact.consent.voice),
      sms: contact.consent.sms === undefined ? null : presentConsent(contact.consent.sms),
    },
    created_at: presentTime(contact.createdAt),
    updated_at: presentTime(contact.updatedAt),
  };
}

export function presentConsent({ granted, basis, source, at }: Consent) {
  return { granted, basis: basis ?? null, source, since: presentTime(at) };
}
