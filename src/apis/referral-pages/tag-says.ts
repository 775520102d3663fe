import Type from 'typebox';
import { HttpProblem } from '#apis/http/index.js';
import { CoreError } from '#core/errors.js';
import { checkEmail, VISITOR_PATTERN } from '#core/site-people/index.js';

const strict = { additionalProperties: false };
const Visitor = Type.String({ pattern: VISITOR_PATTERN });
const Email = Type.String({ maxLength: 254 });
const Number = Type.String({ minLength: 1, maxLength: 255 });
const Hash = Type.String({ maxLength: 64 });

export const Identify = Type.Object({ visitor: Visitor, email: Email, identifier_hash: Type.Optional(Hash) }, strict);
export const Arrive = Type.Object({ visitor: Visitor, visit: Type.String({ maxLength: 300 }) }, strict);
export const Purchase = Type.Object({ visitor: Visitor, email: Email, order_number: Number }, strict);
export const Event = Type.Object(
  { visitor: Visitor, email: Email, event_category: Number, event_number: Number },
  strict,
);
export const Share = Type.Object(
  {
    ...{ visitor: Visitor, email: Email, identifier_hash: Hash },
    ...{
      into: Type.Optional(Type.String({ maxLength: 200 })),
      campaign: Type.Optional(Type.String({ maxLength: 100 })),
    },
  },
  strict,
);
export const Gleam = Type.Object(
  { visitor: Visitor, email: Email, identifier_hash: Hash, into: Type.Optional(Type.String({ maxLength: 200 })) },
  strict,
);

/** Where the tag spoke. */
export interface Browser {
  ip: string;
  userAgent: string | undefined;
}

/** @throws HttpProblem */
export function emailOf(text: string): string {
  try {
    return checkEmail(text);
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    throw new HttpProblem('invalid_input', error.message, { field: 'email' });
  }
}
