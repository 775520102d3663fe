import { isE164 } from '#core/address.js';
import { flowPhone, type FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { Destination } from '#core/call-flow/flow-objects.js';
import type { RingTarget } from '#core/call-flow/flow-step.js';
import { numberingOf } from '#core/call-flow/numbering.js';
import { MOST_ALIASES, ownDestination } from '#core/call-flow/ringable.js';

/** Legs that one call rings at once. */
export const MOST_AT_ONCE = 50;

export interface Ringing {
  /** `passedOn`: a number that a phone passes its calls on to. */
  targets: { target: RingTarget; passedOn: boolean }[];
  /** Names of phones that are not to be disturbed. */
  undisturbed: string[];
  /** Sentences of phones that pass their calls on. */
  passedOn: string[];
}

interface Rung extends Pick<RingTarget, 'deviceId' | 'userId' | 'seconds'> {
  name: string | undefined;
}

/** All telephones behind a destination, each once. `seconds`: how long they ring. */
export function ringTargets(
  configuration: FlowConfiguration,
  destination: Destination,
  seconds: number,
  deviceId?: number,
): Ringing {
  const ringing: Ringing = { targets: [], undisturbed: [], passedOn: [] };
  collect(configuration, destination, { seconds, deviceId, userId: undefined, name: undefined }, ringing, MOST_ALIASES);
  return ringing;
}

/**
 * What rings at once: every telephone one time, and no more than can be. A number that a phone passes its calls on to is
 * announced where others ring besides, so that no mailbox there takes the call away from them.
 */
export function together(all: Ringing['targets'], besides: boolean): RingTarget[] {
  const once = all.filter(
    ({ target }, at) => all.findIndex((other) => addressOf(other.target) === addressOf(target)) === at,
  );
  const rung = once.slice(0, MOST_AT_ONCE);
  const others = besides || rung.length > 1;
  return rung.map(({ target, passedOn }) => (others && passedOn ? { ...target, announce: true } : target));
}

function addressOf({ at }: RingTarget): string {
  return at.phone ?? at.number;
}

function collect(
  configuration: FlowConfiguration,
  destination: Destination,
  rung: Rung,
  into: Ringing,
  depth: number,
): void {
  const { objects, users } = configuration;
  if (depth < 0) return;
  switch (destination.type) {
    case 'extension': {
      const extension = objects.extension.get(destination.id);
      const own = extension === undefined ? null : ownDestination(extension);
      if (extension === undefined || own === null) return;
      const name = rung.name ?? `${extension.name} (${extension.number})`;
      const userId = rung.userId ?? extension.userId ?? undefined;
      const deviceId = rung.deviceId ?? destination.id;
      return collect(configuration, own, { ...rung, name, userId, deviceId }, into, depth - 1);
    }
    case 'forwarding_number': {
      const forwarding = objects.forwarding_number.get(destination.id);
      if (forwarding === undefined) return;
      const { number, description, announce } = forwarding;
      const name = rung.name ?? (description === '' ? number : `${description} (${number})`);
      const deviceId = rung.deviceId ?? destination.id;
      into.targets.push({ target: { ...rung, at: { number }, deviceId, name, announce }, passedOn: false });
      return;
    }
    case 'user': {
      const user = users.get(destination.id);
      const name = rung.name ?? user?.name;
      for (const id of user?.phones ?? []) {
        collect(configuration, { type: 'phone', id }, { ...rung, name, userId: destination.id }, into, depth);
      }
      return;
    }
    case 'phone':
      return collectPhone(configuration, destination.id, rung, into, depth);
    default:
      return;
  }
}

function collectPhone(configuration: FlowConfiguration, phone: string, rung: Rung, into: Ringing, depth: number): void {
  const set = flowPhone(configuration, phone);
  if (set === undefined) return;
  const name = rung.name ?? `Phone ${phone}`;
  const { forwardTo } = set;
  if (forwardTo !== null) {
    into.passedOn.push(`Phone ${phone} passes its calls on to ${forwardTo}`);
    if (isE164(forwardTo)) {
      const target = { ...rung, at: { number: forwardTo }, name: `${name} at ${forwardTo}`, announce: false };
      into.targets.push({ target, passedOn: true });
      return;
    }
    const id = numberingOf(configuration).byNumber.get(forwardTo);
    if (id !== undefined) collect(configuration, { type: 'extension', id }, { ...rung, name }, into, depth - 1);
    else collect(configuration, { type: 'phone', id: forwardTo }, { ...rung, name }, into, depth - 1);
    return;
  }
  if (set.doNotDisturb) into.undisturbed.push(phone);
  else into.targets.push({ target: { ...rung, at: { phone }, name, announce: false }, passedOn: false });
}
