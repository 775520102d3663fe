import { belongingsOf, type Destination, type FlowConfiguration } from '#core/call-flow/index.js';

/** The mailbox of whoever has an extension, else the one that its calls lead to; undefined: no such extension, or no mailbox. */
export function mailboxOfExtension(configuration: FlowConfiguration, number: string): number | undefined {
  const extension = [...configuration.objects.extension.values()].find((each) => each.number === number);
  if (extension === undefined) return undefined;
  const { userId, noAnswer, destination } = extension;
  const own = userId === null ? undefined : belongingsOf(configuration, userId).mailboxId;
  return own ?? mailboxAt(configuration, noAnswer) ?? mailboxAt(configuration, destination);
}

function mailboxAt(configuration: FlowConfiguration, to: Destination | null): number | undefined {
  if (to?.type === 'voicemail') return to.id;
  return to?.type === 'user' ? belongingsOf(configuration, to.id).mailboxId : undefined;
}
