/** Whose mailboxes read no dots. */
const DOTLESS: Readonly<Record<string, string>> = { 'gmail.com': 'gmail.com', 'googlemail.com': 'gmail.com' };

/** The mailbox behind an address, by which two spellings of it are known for one: `A.b+shop@Googlemail.com` -> `ab@gmail.com`. */
export function mailboxOf(email: string): string {
  const at = email.lastIndexOf('@');
  const domain = email.slice(at + 1).toLowerCase();
  const local = email.slice(0, at).toLowerCase();
  const plus = local.indexOf('+');
  // An address may begin with a plus.
  const bare = plus > 0 ? local.slice(0, plus) : local;
  const provider = DOTLESS[domain];
  return provider === undefined ? `${bare}@${domain}` : `${bare.replaceAll('.', '')}@${provider}`;
}
