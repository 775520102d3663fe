import Type from 'typebox';

/** Of what is known by a whole number. What cannot be one is a 404 like one that nothing has. */
export const IdParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });
