import type { Destination, DestinationType, Prompt, RoutingBodies, RoutingKind } from '#core/call-flow/flow-objects.js';

/** What an object can name. `device`: an extension or a forwarding number, which share their ids. */
export type Named =
  | { type: Exclude<RoutingKind, 'hours' | 'settings'> | 'device' | 'sound'; id: number }
  | { type: 'hours'; id: 0 }
  | { type: 'user' | 'phone'; id: string };

export interface Reference {
  /** Within the object: `options[2].destination`. */
  field: string;
  to: Named;
}

/** `menus[7]`; of what there is one of, its name alone. */
export function pathOf(kind: RoutingKind, id: number): string {
  const name = PATHS[kind];
  return kind === 'hours' || kind === 'settings' ? name : `${name}[${id}]`;
}

const PATHS: Record<RoutingKind, string> = {
  number: 'numbers',
  hours: 'hours',
  menu: 'menus',
  ring_group: 'ringGroups',
  extension: 'extensions',
  forwarding_number: 'forwardingNumbers',
  forwarding_schedule: 'forwardingSchedules',
  mailbox: 'mailboxes',
  settings: 'settings',
};

/** The kind of object behind a destination; undefined: it is none of the configuration. */
const DESTINATION_KINDS: Partial<Record<DestinationType, Named['type']>> = {
  hours: 'hours',
  menu: 'menu',
  ring_group: 'ring_group',
  extension: 'extension',
  forwarding_number: 'forwarding_number',
  voicemail: 'mailbox',
  user: 'user',
  phone: 'phone',
};

/** What a destination names; undefined for those that name nothing. */
export function namedBy(destination: Destination): Named | undefined {
  const type = DESTINATION_KINDS[destination.type];
  return type === undefined ? undefined : ({ type, id: 'id' in destination ? destination.id : 0 } as Named);
}

/** Whether a destination names it. */
export function isNamed(destination: Destination, named: Named): boolean {
  const to = namedBy(destination);
  return to?.type === named.type && to.id === named.id;
}

/** Everything that an object names, by the field that names it. */
export function referencesOf<Kind extends RoutingKind>(kind: Kind, body: RoutingBodies[Kind]): Reference[] {
  const found: Reference[] = [];
  const add = (field: string, to: Named | undefined): void => {
    if (to !== undefined) found.push({ field, to });
  };
  for (const { field, destination } of destinationsOf(kind, body)) add(field, namedBy(destination));
  for (const [field, prompt] of promptsOf(kind, body)) {
    add(field, prompt?.sound === undefined ? undefined : { type: 'sound', id: prompt.sound });
  }
  const id = <Type extends Named['type']>(type: Type, value: number | string | null): Named | undefined =>
    value === null ? undefined : ({ type, id: value } as Named);
  if (is('ring_group', kind, body)) {
    add('callerId', id('number', body.callerId));
    body.members.forEach(({ deviceId, scheduleId }, at) => {
      add(`members[${at}].deviceId`, id('device', deviceId));
      add(`members[${at}].scheduleId`, id('forwarding_schedule', scheduleId));
    });
  }
  if (is('extension', kind, body) || is('mailbox', kind, body)) add('userId', id('user', body.userId));
  if (is('settings', kind, body)) add('anonymousMailbox', id('mailbox', body.anonymousMailbox));
  return found;
}

/** Every destination that an object has chosen. */
export function destinationsOf<Kind extends RoutingKind>(
  kind: Kind,
  body: RoutingBodies[Kind],
): { field: string; destination: Destination }[] {
  const found: { field: string; destination: Destination }[] = [];
  mapDestinations(kind, body, (destination, field) => {
    if (destination !== null) found.push({ field, destination });
    return destination;
  });
  return found;
}

/** The object with other destinations: each is replaced by what `change` makes of it. */
export function mapDestinations<Kind extends RoutingKind>(
  kind: Kind,
  body: RoutingBodies[Kind],
  change: (destination: Destination | null, field: string) => Destination | null,
): RoutingBodies[Kind] {
  const changed = (): RoutingBodies[RoutingKind] => {
    if (is('number', kind, body)) return { ...body, destination: change(body.destination, 'destination') };
    if (is('hours', kind, body)) {
      const holidays = body.holidays.map((holiday, at) => ({
        ...holiday,
        destination: change(holiday.destination, `holidays[${at}].destination`),
      }));
      return { ...body, open: change(body.open, 'open'), closed: change(body.closed, 'closed'), holidays };
    }
    if (is('menu', kind, body)) {
      const options = body.options.map((option, at) => ({
        ...option,
        destination: change(option.destination, `options[${at}].destination`),
      }));
      const onTimeout = change(body.onTimeout, 'onTimeout');
      return { ...body, options, onTimeout, onInvalid: change(body.onInvalid, 'onInvalid') };
    }
    if (is('ring_group', kind, body)) return { ...body, destination: change(body.destination, 'destination') };
    if (is('extension', kind, body)) {
      const destination = change(body.destination, 'destination');
      return { ...body, destination, noAnswer: change(body.noAnswer, 'noAnswer') };
    }
    if (is('forwarding_number', kind, body)) return { ...body, noAnswer: change(body.noAnswer, 'noAnswer') };
    return body;
  };
  return changed() as RoutingBodies[Kind];
}

/** Every place for something that is said or played. */
export function promptsOf<Kind extends RoutingKind>(kind: Kind, body: RoutingBodies[Kind]): [string, Prompt | null][] {
  if (is('number', kind, body)) return [['welcome', body.welcome]];
  if (is('menu', kind, body) || is('mailbox', kind, body)) return [['greeting', body.greeting]];
  if (is('ring_group', kind, body) || is('settings', kind, body)) return [['holdMusic', body.holdMusic]];
  return [];
}

/** Narrows a body to that of one kind. */
export function is<Kind extends RoutingKind>(
  wanted: Kind,
  kind: RoutingKind,
  _body: unknown,
): _body is RoutingBodies[Kind] {
  return kind === wanted;
}
