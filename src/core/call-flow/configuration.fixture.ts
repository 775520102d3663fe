import {
  DEFAULT_SETTINGS,
  type Extension,
  type FlowConfiguration,
  type FlowPhone,
  type ForwardingNumber,
  type Hours,
  type Mailbox,
  type Menu,
  type MenuOption,
  type PhoneSystemSettings,
  type RingGroup,
  type RingGroupMember,
  type RoutingBodies,
} from '#core/call-flow/index.js';

type Listed = FlowConfiguration['objects'];

/** What a test says of its configuration; the rest is empty. */
export interface Configured {
  objects?: { [Kind in keyof Listed]?: Record<number, RoutingBodies[Kind]> };
  hours?: Hours;
  settings?: Partial<PhoneSystemSettings>;
  numbers?: Record<number, string>;
  users?: Record<string, { name: string; phones: string[] }>;
  phones?: Record<string, Partial<FlowPhone>>;
  sounds?: number[];
}

export function configure(given: Configured): FlowConfiguration {
  const byId = <T>(objects: Record<number, T> = {}): ReadonlyMap<number, T> =>
    new Map(Object.entries(objects).map(([id, body]) => [Number(id), body]));
  const objects = given.objects ?? {};
  const phone = { doNotDisturb: false, callWaiting: true, forwardTo: null, callerId: null };
  return {
    version: 1,
    objects: {
      number: byId(objects.number),
      menu: byId(objects.menu),
      ring_group: byId(objects.ring_group),
      extension: byId(objects.extension),
      forwarding_number: byId(objects.forwarding_number),
      forwarding_schedule: byId(objects.forwarding_schedule),
      mailbox: byId(objects.mailbox),
    },
    hours: given.hours,
    settings: { ...DEFAULT_SETTINGS, ...given.settings },
    numbers: byId(given.numbers ?? { 1: '+12125550100' }),
    users: new Map(Object.entries(given.users ?? {})),
    phones: new Map(Object.entries(given.phones ?? {}).map(([name, set]) => [name, { ...phone, ...set }])),
    sounds: new Set(given.sounds),
    sandbox: true,
  };
}

export const extension = (number: string, more: Partial<Extension> = {}): Extension => ({
  number,
  name: `Desk ${number}`,
  userId: null,
  destination: { type: 'phone', id: number },
  ringSeconds: 20,
  noAnswer: null,
  inDirectory: true,
  ...more,
});

export const menu = (more: Partial<Menu> = {}): Menu => ({
  name: 'Main',
  greeting: { text: 'Welcome.' },
  options: [],
  directDial: false,
  timeoutSeconds: 5,
  repeats: 1,
  onTimeout: null,
  onInvalid: null,
  ...more,
});

export const option = (digit: string, destination: MenuOption['destination'], label = ''): MenuOption => ({
  digit,
  label,
  destination,
  enabled: true,
});

export const ringGroup = (more: Partial<RingGroup> = {}): RingGroup => ({
  name: 'Sales',
  strategy: 'all',
  retryAfterSeconds: 5,
  maxHoldSeconds: 120,
  maxAttempts: 2,
  callerId: null,
  holdMusic: null,
  destination: { type: 'hangup' },
  members: [],
  ...more,
});

export const member = (deviceId: number, more: Partial<RingGroupMember> = {}): RingGroupMember => ({
  deviceId,
  enabled: true,
  scheduleId: null,
  position: 1,
  ringSeconds: 15,
  ...more,
});

export const forwardingNumber = (number: string, more: Partial<ForwardingNumber> = {}): ForwardingNumber => ({
  number,
  description: '',
  announce: false,
  transferCode: null,
  ringSeconds: 25,
  noAnswer: null,
  ...more,
});

export const mailbox = (name: string, more: Partial<Mailbox> = {}): Mailbox => ({
  name,
  userId: null,
  greeting: null,
  maxSeconds: 120,
  silenceSeconds: 5,
  transcribe: false,
  emails: [],
  attachAudio: false,
  ...more,
});

export const hours = (more: Partial<Hours> = {}): Hours => ({
  timeZone: 'America/New_York',
  weekly: [{ start: '09:00', end: '18:00', days: ['mon', 'tue', 'wed', 'thu', 'fri'] }],
  holidays: [],
  override: null,
  open: { type: 'hangup' },
  closed: { type: 'hangup' },
  ...more,
});
