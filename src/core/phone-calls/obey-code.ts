import type { FlowConfiguration } from '#core/call-flow/index.js';
import type { Core } from '#core/core.js';
import { planDial, type DialledFeature } from '#core/dial-plan/index.js';
import type { CallingPhone } from '#core/phone-calls/calling-phone.js';
import { whyNotOutside } from '#core/outside-rule.js';
import { phoneWords, readOut } from '#core/phone-calls/phone-words.js';
import { setPhone, type PhoneSettings } from '#core/phones/index.js';

/** A code by which a phone sets something on itself. */
export interface SettingCode {
  phone: CallingPhone;
  configuration: FlowConfiguration;
  feature: Extract<
    DialledFeature['feature'],
    `do_not_disturb_${'on' | 'off'}` | `call_waiting_${'on' | 'off'}` | `forward_${'on' | 'off'}`
  >;
  argument: string;
}

/** Gives what the phone hears then. */
export async function obeyCode(
  core: Pick<Core, 'db' | 'clock'>,
  { phone, configuration, feature, argument }: SettingCode,
): Promise<string> {
  const set = (settings: Partial<PhoneSettings>): Promise<PhoneSettings> =>
    setPhone(core, { accountId: phone.accountId, name: phone.name, actor: `phone ${phone.name}`, ...settings });
  const words = phoneWords(configuration.settings.language);
  switch (feature) {
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
      const to = await forwardTarget(core, phone, configuration, argument);
      if (to === undefined) return words.cannotForward;
      await set({ forwardTo: to });
      return words.forwardOn(readOut(to));
    }
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
