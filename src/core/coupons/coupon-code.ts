const CODE = /^[A-Z0-9\-_/.%:*+@&#]{3,255}$/;
const PREFIX = /^[A-Z0-9\-_/.%:*+@&#]{1,20}$/;

/** Codes are the same in any case, and kept in upper case. */
export function normalizeCode(text: string): string {
  return text.trim().toUpperCase();
}

/** As it is kept. Undefined: it is none. */
export function toCouponCode(text: string): string | undefined {
  const code = normalizeCode(text);
  return CODE.test(code) ? code : undefined;
}

/** What codes begin with that are made up. Undefined: it cannot be. */
export function toCouponPrefix(text: string): string | undefined {
  const prefix = normalizeCode(text);
  return PREFIX.test(prefix) ? prefix : undefined;
}

export const CODE_RULE = 'A code has 3 to 255 letters, digits and - _ / . % : * + @ & #, and no spaces.';
