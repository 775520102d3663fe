import type { FlowConfiguration } from '#core/call-flow/flow-configuration.js';
import type { Destination, RingGroup, RoutingBodies, RoutingKind } from '#core/call-flow/flow-objects.js';
import { afterUser } from '#core/call-flow/belongings.js';
import { destinationsOf, is } from '#core/call-flow/references.js';
import { canRing, leadsSomewhere } from '#core/call-flow/ringable.js';

/** What is still missing in an object before calls may be led to it. */
export interface Gap {
  /** Within the object. */
  field: string;
  message: string;
}

export function gapsOf<Kind extends RoutingKind>(
  configuration: FlowConfiguration,
  kind: Kind,
  body: RoutingBodies[Kind],
): Gap[] {
  const gaps: Gap[] = [];
  const needs = (field: string, destination: Destination | null, message: string): void => {
    if (destination === null) gaps.push({ field, message });
  };
  if (is('hours', kind, body)) {
    needs('open', body.open, 'Where calls go while it is open is not chosen.');
    needs('closed', body.closed, 'Where calls go while it is closed is not chosen.');
  } else if (is('menu', kind, body)) {
    body.options.forEach(({ digit, enabled, destination }, at) => {
      if (enabled) needs(`options[${at}].destination`, destination, `Where key ${digit} leads is not chosen.`);
    });
    const none = body.options.every(({ enabled, destination }) => !enabled || destination === null);
    if (none && !body.directDial && body.onTimeout === null) {
      gaps.push({ field: 'options', message: 'The menu leads nowhere: it has no key, and nothing to go on to.' });
    }
  } else if (is('ring_group', kind, body)) {
    needs('destination', body.destination, 'Where unanswered calls go is not chosen.');
    if (!hasRingingMember(configuration, body)) {
      gaps.push({ field: 'members', message: 'The group has nobody who can be rung.' });
    }
  } else if (is('extension', kind, body)) {
    if (!leadsSomewhere(configuration, body)) {
      gaps.push({ field: 'destination', message: `Extension ${body.number} rings nowhere and leads nowhere.` });
    }
  }
  for (const { field, destination } of destinationsOf(kind, body)) {
    // An extension rings its user by itself, and goes on by itself.
    const isOwn = kind === 'extension' && field === 'destination' && destination.type === 'user';
    const message = isOwn ? undefined : gapOfDestination(configuration, destination);
    if (message !== undefined) gaps.push({ field, message });
  }
  return gaps;
}

/** What a call that is led there would miss, where that is no object of its own. */
function gapOfDestination(configuration: FlowConfiguration, destination: Destination): string | undefined {
  const { objects, hours, users } = configuration;
  switch (destination.type) {
    case 'hours':
      return hours === undefined ? 'The hours are not set.' : undefined;
    case 'directory':
      for (const extension of objects.extension.values()) {
        if (extension.inDirectory && leadsSomewhere(configuration, extension)) return undefined;
      }
      return 'Nobody is in the directory.';
    case 'user': {
      const user = users.get(destination.id);
      const isSilent =
        user !== undefined && user.phones.length === 0 && afterUser(configuration, destination.id) === null;
      return isSilent ? `${user.name} has no phone, and nowhere for unanswered calls.` : undefined;
    }
    default:
      return undefined;
  }
}

function hasRingingMember(configuration: FlowConfiguration, group: RingGroup): boolean {
  return group.members.some(
    ({ enabled, deviceId }) =>
      enabled &&
      (configuration.objects.forwarding_number.has(deviceId) ||
        canRing(configuration, { type: 'extension', id: deviceId })),
  );
}
