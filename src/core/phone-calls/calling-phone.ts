import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { SANDBOX_NUMBER } from '#core/numbers/index.js';
import { findPhoneById, type PhoneSettings } from '#core/phones/index.js';

/** A phone of ours that calls, as far as its account's configuration knows it. */
export interface CallingPhone {
  accountId: string;
  name: string;
  settings: PhoneSettings;
  /** Who has it; the first, where several share it. */
  userId: string | undefined;
  /** What other phones of ours see: its extension, else its name; and whose it is. */
  number: string;
  displayName: string;
  /** What telephones outside see, and where they call back; undefined: the account has no number. */
  shown: string | undefined;
}

/** Undefined: it was removed just now. */
export async function readCallingPhone(
  core: Pick<Core, 'db'>,
  id: string,
  configurationOf: (accountId: string) => Promise<FlowConfiguration>,
): Promise<{ phone: CallingPhone; configuration: FlowConfiguration } | undefined> {
  const found = await findPhoneById(core, id);
  if (found === undefined) return undefined;
  const { accountId, name, settings } = found;
  const configuration = await configurationOf(accountId);
  const [userId, user] = [...configuration.users].find(([, { phones }]) => phones.includes(name)) ?? [];
  const number = extensionOf(configuration, name, userId) ?? name;
  const displayName = user?.name ?? name;
  const shown = shownNumber(configuration, settings);
  return { phone: { accountId, name, settings, userId, number, displayName, shown }, configuration };
}

/** The extension that rings the phone alone, else the one of its user. */
function extensionOf({ objects }: FlowConfiguration, phone: string, userId: string | undefined): string | undefined {
  const extensions = [...objects.extension.values()];
  const own = extensions.find(({ destination }) => destination?.type === 'phone' && destination.id === phone);
  const ofUser = extensions.find(
    (extension) => userId !== undefined && (extension.userId === userId || isUser(extension.destination, userId)),
  );
  return (own ?? ofUser)?.number;
}

function isUser(destination: { type: string; id?: unknown } | null, userId: string): boolean {
  return destination?.type === 'user' && destination.id === userId;
}

/** Its own where the account still has it, else the account's first that is not the sandbox's. */
export function shownNumber(
  { numbers }: FlowConfiguration,
  { callerId }: Pick<PhoneSettings, 'callerId'>,
): string | undefined {
  const owned = [...numbers.values()];
  if (callerId !== null && owned.includes(callerId)) return callerId;
  return owned.find((number) => number !== SANDBOX_NUMBER) ?? owned[0];
}
