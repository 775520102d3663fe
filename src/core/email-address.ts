const SHAPE = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]+$/;
const MAX_LENGTH = 254;

/** By its shape, within the lengths of RFC 5321 section 4.5.3.1. That a mailbox exists, only a mail can tell. */
export function isEmailAddress(text: string): boolean {
  return text.length <= MAX_LENGTH && SHAPE.test(text);
}
