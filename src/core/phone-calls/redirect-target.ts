import { ringTargets, type FlowConfiguration, type RingTarget } from '#core/call-flow/index.js';
import { planDial } from '#core/dial-plan/index.js';
import { shownNumber } from '#core/phone-calls/calling-phone.js';
import type { Redirect } from '#voice/engine.js';

/**
 * Where a phone of ours sends a call that rings at it (302; rule 12): the first of its targets, if it is what the phone could have
 * dialled, but for help, codes and numbers of ours. `others`: somebody else rings, too, so that whoever answers elsewhere is asked
 * first. Undefined: nowhere.
 */
export function redirectTarget(
  configuration: FlowConfiguration,
  target: RingTarget,
  redirects: readonly Redirect[],
  others: boolean,
): RingTarget | undefined {
  const [to] = redirects;
  if (to === undefined) return undefined;
  const phone = target.at.phone === undefined ? undefined : configuration.phones.get(target.at.phone);
  // Digits are read as the phone's own calls are: in the country of the number that it shows.
  const dialled = planDial(to.number, configuration, shownNumber(configuration, { callerId: phone?.callerId ?? null }));
  if (dialled.kind === 'outside') {
    const { number } = dialled;
    return { ...target, at: { number }, name: `${target.name} at ${number}`, announce: others };
  }
  if (dialled.kind !== 'inside') return undefined;
  const [first] = ringTargets(configuration, dialled.destination, target.seconds).targets;
  if (first === undefined || first.target.at.phone === target.at.phone) return undefined;
  const { at, name, announce } = first.target;
  return { ...target, at, name, announce: announce || (others && at.number !== undefined) };
}
