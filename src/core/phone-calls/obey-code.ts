import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { planDial, type DialledFeature } from '#core/dial-plan/index.js';
import type { CallingPhone } from '#core/phone-calls/calling-phone.js';
import { whyNotOutside } from '#core/phone-calls/outside-rule.js';
import { phoneWords, readOut } from '#core/phone-calls/phone-words.js';
import { setPhone, type PhoneSettings } from '#core/phones/index.js';

/** What a phone sets on itself by a code, and what it hears then; undefined: the code sets nothing. */
export async function obeyCode(
  core: Pick<Core, 'db' | 'clock'>,
  { phone, configuration, dialled }: { phone: CallingPhone; configuration: FlowConfiguration; dialled: DialledFeature },
): Promise<string | undefined> {
  const set = (settings: Partial<PhoneSettings>): Promise<PhoneSettings> =>
    setPhone(core, { accountId: phone.accountId, name: phone.name, actor: `phone ${phone.name}`, ...settings });
  const words = phoneWords(configuration.settings.language);
  switch (dialled.feature) {
    case 'do_not_disturb_on':
      await set({ doNotDisturb: true });
      return words.doNotDisturbOn;
    case 'do_not_disturb_off':
      await set({ doNotDisturb: false });
      return words.doNotDisturbOff;
    case 'call_waiting_on':
      await set({ callWaiting: true });
      return words.callWaitingOn;
    case 'call_waiting_off':
      await set({ callWaiting: false });
      return words.callWaitingOff;
    case 'forward_off':
      await set({ forwardTo: null });
      return words.forwardOff;
    case 'forward_on': {
      const to = await forwardTarget(core, phone, configuration, dialled.argument);
      if (to === undefined) return words.cannotForward;
      await set({ forwardTo: to });
      return words.forwardOn(readOut(to));
    }
    default:
      return undefined;
  }
}

/** An extension, another phone, or a number that the outbound rule allows (rule 12); never help. */
async function forwardTarget(
  core: Pick<Core, 'db'>,
  phone: CallingPhone,
  configuration: FlowConfiguration,
  digits: string,
): Promise<string | undefined> {
  const dialled = planDial(digits, configuration, phone.shown);
  if (dialled.kind === 'inside') {
    const { destination } = dialled;
    if (destination.type === 'phone') return destination.id === phone.name ? undefined : destination.id;
    return digits;
  }
  if (dialled.kind !== 'outside' && dialled.kind !== 'own_number') return undefined;
  const { number } = dialled;
  const why = await whyNotOutside(core, { accountId: phone.accountId, mode: 'live', number });
  return why === undefined ? number : undefined;
}
