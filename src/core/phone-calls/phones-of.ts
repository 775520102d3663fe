import type { FlowConfiguration } from '#core/call-flow/index.js';

/** The phones that ring for an extension, or the one of that name. */
export function phonesOf({ objects, users, phones }: FlowConfiguration, digits: string): string[] {
  const extension = [...objects.extension.values()].find(({ number }) => number === digits);
  const named = phones.has(digits) ? [digits] : [];
  if (extension === undefined) return named;
  const { destination, userId } = extension;
  if (destination?.type === 'phone') return [destination.id, ...named];
  const user = destination?.type === 'user' ? destination.id : userId;
  return [...(user === null ? [] : (users.get(user)?.phones ?? [])), ...named];
}
