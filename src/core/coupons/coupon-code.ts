const CODE = /^[A-Z0-9\-_/.%:*+@&#]{3,255}$/;
const PREFIX = /^[A-Z0-9\-_/.%:*+@&#]{1,20}$/;

/** Codes are the same in any case, and kept in upper case. Undefined: it is none. */
export function toCouponCode(text: string): string | undefined {
  const code = text.trim().toUpperCase();
  return CODE.test(code) ? code : undefined;
}

/** What codes begin with that are made up. Undefined: it cannot be. */
export function toCouponPrefix(text: string): string | undefined {
  const prefix = text.trim().toUpperCase();
  return PREFIX.test(prefix) ? prefix : undefined;
}

export const CODE_RULE = 'A code has 3 to 255 letters, digits and - _ / . % : * + @ & #, and no spaces.';
