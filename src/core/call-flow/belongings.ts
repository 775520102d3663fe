import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { Destination, Extension } from '#core/call-flow/flow-objects.js';

/** The first of its kind that a user owns. */
export interface Belongings {
  extension?: { id: number; body: Extension };
  mailboxId?: number;
}

const known = new WeakMap<FlowConfiguration, ReadonlyMap<string, Belongings>>();

/** What a user owns. Made once for a configuration. */
export function belongingsOf(configuration: FlowConfiguration, userId: string): Belongings {
  let all = known.get(configuration);
  if (all === undefined) known.set(configuration, (all = read(configuration)));
  return all.get(userId) ?? {};
}

function read({ objects }: FlowConfiguration): ReadonlyMap<string, Belongings> {
  const all = new Map<string, Belongings>();
  const of = (userId: string): Belongings => {
    const found = all.get(userId) ?? {};
    all.set(userId, found);
    return found;
  };
  for (const [id, body] of objects.extension) if (body.userId !== null) of(body.userId).extension ??= { id, body };
  for (const [id, { userId }] of objects.mailbox) if (userId !== null) of(userId).mailboxId ??= id;
  return all;
}

/** Where unanswered calls to a user go: as their extension says; without one, into their mailbox. Null: nowhere. */
export function afterUser(configuration: FlowConfiguration, userId: string): Destination | null {
  const { extension, mailboxId } = belongingsOf(configuration, userId);
  if (extension !== undefined) return extension.body.noAnswer;
  return mailboxId === undefined ? null : { type: 'voicemail', id: mailboxId };
}
