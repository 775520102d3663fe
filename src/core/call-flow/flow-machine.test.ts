import { describe, expect, test } from 'vitest';
import {
  configure,
  extension,
  forwardingNumber,
  hours,
  mailbox,
  member,
  menu,
  option,
  ringGroup,
  type Configured,
} from '#core/call-flow/configuration.fixture.js';
import { FlowMachine, type Destination, type FlowCall, type FlowMemory, type FlowStep } from '#core/call-flow/index.js';

const AT = new Date('2026-06-03T14:00:00Z');
const NOTHING: FlowMemory = { turns: () => undefined };

/** A call that is led in a test: says what came of each step, and shows the next one in short. */
class Led {
  readonly machine: FlowMachine;
  step: FlowStep;
  #at = AT.getTime();

  constructor(given: Configured, call: Partial<FlowCall> = {}, memory: FlowMemory = NOTHING) {
    const begin = { begin: { numberId: 1 }, caller: '+12125550199', callerName: undefined, from: 'outside' } as const;
    this.machine = new FlowMachine(configure(given), { ...begin, ...call }, memory);
    this.step = this.machine.begin(AT);
  }

  static to(destination: Destination, given: Configured, memory?: FlowMemory): Led {
    return new Led(given, { begin: { destination } }, memory);
  }

  get at(): Date {
    return new Date(this.#at);
  }

  played(): this {
    this.step = this.machine.next({ kind: 'played' }, this.at);
    return this;
  }

  keys(keys: string): this {
    this.step = this.machine.next({ kind: 'keys', keys }, this.at);
    return this;
  }

  /** After as long as they ring. */
  unanswered(cause: 'no_answer' | 'busy' = 'no_answer'): this {
    if (this.step.kind !== 'ring') throw new Error(`nobody is rung: ${this.short}`);
    const { targets } = this.step;
    if (cause === 'no_answer') this.#at += Math.max(...targets.map(({ seconds }) => seconds)) * 1000;
    const causes = targets.map((target) => ({ target, cause }));
    this.step = this.machine.next({ kind: 'unanswered', causes }, this.at);
    return this;
  }

  answered(): this {
    if (this.step.kind !== 'ring') throw new Error(`nobody is rung: ${this.short}`);
    this.step = this.machine.next({ kind: 'answered', target: this.step.targets[0]! }, this.at);
    return this;
  }

  waited(): this {
    if (this.step.kind !== 'hold') throw new Error(`nobody waits: ${this.short}`);
    this.#at += this.step.seconds * 1000;
    this.step = this.machine.next({ kind: 'waited' }, this.at);
    return this;
  }

  recorded(): this {
    this.step = this.machine.next({ kind: 'recorded' }, this.at);
    return this;
  }

  get short(): string {
    const { step } = this;
    switch (step.kind) {
      case 'play':
      case 'gather':
        return `${step.kind} ${step.prompts.map(({ text, sound }) => text ?? sound).join(' ')}`;
      case 'ring':
        return `ring ${step.targets.map(({ at, seconds, announce }) => `${at.phone ?? at.number}/${seconds}${announce ? '!' : ''}`).join(' ')}`;
      case 'hold':
        return `hold ${step.seconds}`;
      case 'voicemail':
        return `voicemail ${step.mailboxId}`;
      case 'talk':
        return `talk ${step.target.name}`;
      case 'hangup':
        return `hangup ${step.reason}`;
    }
  }

  /** Everything until the end where nobody ever answers and presses a key. */
  alone(): string[] {
    const seen = [this.short];
    while (this.step.kind !== 'hangup' && this.step.kind !== 'talk') {
      if (this.step.kind === 'ring') this.unanswered();
      else if (this.step.kind === 'hold') this.waited();
      else if (this.step.kind === 'gather') this.keys('');
      else if (this.step.kind === 'voicemail') this.recorded();
      else this.played();
      seen.push(this.short);
      if (seen.length > 2000) throw new Error('it never ends');
    }
    return seen;
  }

  get events(): string[] {
    return this.machine.events.map(({ type, description }) => `${type}: ${description}`);
  }
}

const to = (destination: Destination | null, welcome: string | null = null) => ({
  1: { description: '', destination, record: null, welcome: welcome === null ? null : { text: welcome } },
});

describe('a whole way', () => {
  const company: Configured = {
    hours: hours({ open: { type: 'menu', id: 2 }, closed: { type: 'voicemail', id: 5 } }),
    users: { anna: { name: 'Anna Berg', phones: ['101', '102'] } },
    objects: {
      number: to({ type: 'hours' }, 'This call is about parcels.'),
      menu: { 2: menu({ options: [option('1', { type: 'ring_group', id: 3 }, 'Sales')] }) },
      ring_group: {
        3: ringGroup({
          strategy: 'sequence',
          maxAttempts: 1,
          members: [member(6, { position: 2 }), member(4)],
          destination: { type: 'voicemail', id: 5 },
        }),
      },
      extension: { 4: extension('201', { userId: 'anna', destination: null, name: 'Anna' }) },
      mailbox: { 5: mailbox('Office') },
      forwarding_number: { 6: forwardingNumber('+12125550177', { description: 'Mobile', announce: true }) },
    },
  };

  test('from the welcome to a message, and its history', () => {
    const led = new Led(company);
    expect(led.short).toBe('play This call is about parcels.');
    expect(led.played().short).toBe('gather Welcome.');
    expect(led.keys('1').short).toBe('ring 101/15 102/15');
    expect(led.unanswered().short).toBe('ring +12125550177/15!');
    expect(led.unanswered('busy').short).toBe('voicemail 5');
    expect(led.recorded().short).toBe('hangup voicemail_left');
    expect(led.events).toEqual([
      'virtual_number: Number +12125550100',
      'hours: Open by the week',
      'menu: Menu "Main"',
      'menu: Menu "Main": key 1, Sales',
      'ring_group: Ring group "Sales"',
      'user_extension: Anna (201): rings for 15 s',
      'user_extension: Anna (201): no answer',
      'forwarding_device: Mobile (+12125550177): rings for 15 s',
      'forwarding_device: Mobile (+12125550177): busy',
      'ring_group: Ring group "Sales": nobody answered',
      'voicemail: Mailbox "Office"',
      'hangup: Hung up: after the message',
    ]);
  });

  test('to a person, with whom the machine has done its part', () => {
    const led = new Led(company).played().keys('1').answered();
    expect(led.short).toBe('talk Anna (201)');
    expect(() => led.played()).toThrow('was told "played"');
    led.step = led.machine.jump({ type: 'voicemail', id: 5 }, led.at);
    expect(led.short).toBe('voicemail 5');
  });
});

describe('callers without a number', () => {
  const given = (anonymousCallers: 'accept' | 'reject' | 'voicemail'): Configured => ({
    settings: { anonymousCallers, anonymousMailbox: 5 },
    objects: { number: to({ type: 'phone', id: '101' }), mailbox: { 5: mailbox('Office') } },
  });
  test.each([
    ['accept', 'ring 101/30'],
    ['reject', 'hangup blocked'],
    ['voicemail', 'voicemail 5'],
  ] as const)('%s', (setting, step) => {
    expect(new Led(given(setting), { caller: undefined }).short).toBe(step);
    expect(new Led(given(setting)).short).toBe('ring 101/30');
    expect(new Led(given(setting), { caller: undefined, from: 'inside' }).short).toBe('ring 101/30');
  });
});

describe('a menu', () => {
  const main = (more: Parameters<typeof menu>[0] = {}, extensions: string[] = []): Led =>
    Led.to(
      { type: 'menu', id: 2 },
      {
        objects: {
          menu: {
            2: menu({
              options: [
                option('1', { type: 'phone', id: 'one' }, 'Sales'),
                option('*', { type: 'menu', id: 2 }, 'again'),
              ],
              ...more,
            }),
          },
          extension: Object.fromEntries(extensions.map((number, at) => [10 + at, extension(number)])),
        },
      },
    );
  const complete = (led: Led, keys: string): boolean => {
    if (led.step.kind !== 'gather') throw new Error('no keys are waited for');
    return led.step.isComplete(keys);
  };

  test('says its greeting again after silence and wrong keys, so often and no more', () => {
    expect(
      main({ onTimeout: { type: 'hangup' }, repeats: 2 })
        .keys('')
        .keys('')
        .keys('').short,
    ).toBe('hangup hangup');
    const led = main({ repeats: 1 }).keys('7');
    expect(led.short).toBe('gather That is not one of the choices. Welcome.');
    expect(led.keys('').short).toBe('hangup timeout');
    expect(main({ repeats: 0 }).keys('7').short).toBe('hangup invalid_key');
    expect(main({ repeats: 0, onInvalid: { type: 'phone', id: 'help' } }).keys('7').short).toBe('ring help/30');
  });

  test('without a greeting reads its choices out', () => {
    expect(main({ greeting: null }).short).toBe('gather For Sales, press 1. For again, press *.');
    expect(main({ greeting: null, directDial: true }, ['101']).short).toContain('dial it now');
  });

  test('without direct dialling does not wait after a key', () => {
    const led = main({}, ['101']);
    expect(complete(led, '1')).toBe(true);
    expect(led.step).toMatchObject({ mostKeys: 1, firstKeySeconds: 5 });
    expect(led.keys('1').short).toBe('ring one/30');
  });

  test('waits for more only where an extension could go on', () => {
    const led = main({ directDial: true }, ['101', '1011', '23']);
    expect(led.step).toMatchObject({ mostKeys: 5 });
    expect(['1', '10', '101', '2'].map((keys) => complete(led, keys))).toEqual([false, false, false, false]);
    expect(['12', '1011', '23', '3', '*', '101#', '1#'].map((keys) => complete(led, keys))).toEqual(
      Array(7).fill(true),
    );
    expect(main({ directDial: true }, ['101']).keys('1').short).toBe('ring one/30');
    expect(main({ directDial: true }, ['101']).keys('1#').short).toBe('ring one/30');
    expect(main({ directDial: true }, ['101']).keys('101').short).toBe('ring 101/20');
    expect(main({ directDial: true }, ['101', '1011']).keys('101#').short).toBe('ring 101/20');
    expect(main({ directDial: true }, ['101']).keys('12').short).toContain('not one of the choices');
  });

  test('does not dial an extension that leads nowhere', () => {
    const led = Led.to(
      { type: 'menu', id: 2 },
      {
        objects: { menu: { 2: menu({ directDial: true }) }, extension: { 3: extension('101', { destination: null }) } },
      },
    );
    expect(led.keys('101').short).toContain('not one of the choices');
  });

  test('that leads to itself by key does so as long as the caller wants, and alone it ends', () => {
    const led = main({ onTimeout: { type: 'menu', id: 2 } });
    for (let times = 0; times < 400; times++) led.keys('*');
    expect(led.short).toBe('gather Welcome.');
    expect(led.alone().at(-1)).toBe('hangup too_many_steps');
  });
});

describe('a ring group', () => {
  const devices = { 11: extension('101'), 12: extension('102'), 13: extension('103') };
  const three = [member(11, { position: 1 }), member(12, { position: 2 }), member(13, { position: 3 })];
  const group = (more: Parameters<typeof ringGroup>[0], given: Configured = {}, memory = NOTHING): Led =>
    Led.to(
      { type: 'ring_group', id: 3 },
      {
        ...given,
        objects: { extension: devices, ...given.objects, ring_group: { 3: ringGroup({ members: three, ...more }) } },
      },
      memory,
    );

  test('all at once, again after a pause, and then its destination', () => {
    expect(group({ destination: { type: 'phone', id: 'last' } }).alone()).toEqual([
      'ring 101/15 102/15 103/15',
      'hold 5',
      'ring 101/15 102/15 103/15',
      'ring last/30',
      'hangup unanswered',
    ]);
  });

  test('one after the other, as they are placed', () => {
    const members = [
      member(13, { position: 2 }),
      member(11, { position: 3, ringSeconds: 8 }),
      member(12, { position: 1 }),
    ];
    expect(group({ strategy: 'sequence', members, maxAttempts: 1 }).alone()).toEqual([
      'ring 102/15',
      'ring 103/15',
      'ring 101/8',
      'hangup hangup',
    ]);
  });

  test('no longer than the caller is held', () => {
    expect(group({ strategy: 'sequence', maxHoldSeconds: 25 }).alone()).toEqual([
      'ring 101/15',
      'ring 102/10',
      'hangup hangup',
    ]);
  });

  const remembered = (turns: Record<number, [rung: number, answered?: number]>): FlowMemory => ({
    turns(_, deviceId) {
      const [rung, answered] = turns[deviceId] ?? [];
      if (rung === undefined) return undefined;
      return { rungAt: new Date(rung), answeredAt: answered === undefined ? undefined : new Date(answered) };
    },
  });

  test('round robin begins after whoever was rung last', () => {
    const order = (memory: FlowMemory): string => {
      const led = group({ strategy: 'round_robin', maxAttempts: 1 }, {}, memory);
      return led.alone().slice(0, 3).join().replaceAll('ring ', '').replaceAll('/15', '');
    };
    expect(order(NOTHING)).toBe('101,102,103');
    expect(order(remembered({ 11: [5] }))).toBe('102,103,101');
    expect(order(remembered({ 11: [5], 12: [6], 13: [4] }))).toBe('103,101,102');
    expect(order(remembered({ 11: [5], 12: [6], 13: [7] }))).toBe('101,102,103');
  });

  test('least recent begins with whoever has not spoken for the longest', () => {
    const memory = remembered({ 11: [9, 9], 12: [8, 3], 13: [9] });
    expect(group({ strategy: 'least_recent', maxAttempts: 1 }, {}, memory).alone().slice(0, 3)).toEqual([
      'ring 103/15',
      'ring 102/15',
      'ring 101/15',
    ]);
  });

  test('leaves out who is switched off, out of schedule, or not to be disturbed', () => {
    const windows = [{ start: '09:00', end: '10:00', days: ['wed'] as const }];
    const given: Configured = {
      phones: { 103: { doNotDisturb: true } },
      objects: {
        forwarding_schedule: {
          8: { name: 'Now', timeZone: 'America/New_York', windows },
          9: { name: 'Then', timeZone: 'America/New_York', windows: [{ start: '11:00', end: '12:00', days: ['wed'] }] },
        },
        extension: { ...devices, 14: extension('104'), 15: extension('105') },
      },
    };
    const members = [
      member(11, { enabled: false }),
      member(12, { scheduleId: 9 }),
      member(13),
      member(14, { scheduleId: 8 }),
      member(15),
    ];
    // It is ten in New York: the first schedule has just ended.
    expect(group({ members }, given).short).toBe('ring 105/15');
    const nobody = group({ members: members.slice(0, 3) }, given);
    expect(nobody.short).toBe('hangup hangup');
    expect(nobody.events).toContain('phone: Phone 103 is not to be disturbed');
  });

  test('rings each phone once, and announces where a phone passes its calls outside', () => {
    const given: Configured = {
      phones: { 102: { forwardTo: '+12125550144' }, 103: { forwardTo: '101' } },
      numbers: { 1: '+12125550100', 7: '+12125550107' },
    };
    const led = group({ callerId: 7, holdMusic: { sound: 4 } }, given);
    expect(led.short).toBe('ring 101/15 +12125550144/15!');
    expect(led.step).toMatchObject({ callerId: '+12125550107', music: { sound: 4 }, groupId: 3 });
    expect(led.events).toContain('call_forward: Phone 102 passes its calls on to +12125550144');
  });
});

describe('a telephone', () => {
  test('of an extension: what was chosen, else its user’s phones; then where unanswered calls go', () => {
    const given: Configured = {
      users: { anna: { name: 'Anna', phones: ['101', '102'] }, bob: { name: 'Bob', phones: [] } },
      objects: {
        mailbox: { 5: mailbox('Anna') },
        extension: {
          1: extension('101', { userId: 'anna', destination: null, noAnswer: { type: 'voicemail', id: 5 } }),
          2: extension('102', { destination: { type: 'extension', id: 1 }, ringSeconds: 9 }),
          3: extension('103', { destination: { type: 'menu', id: 6 } }),
          4: extension('104', { userId: 'bob', destination: null, noAnswer: { type: 'voicemail', id: 5 } }),
        },
        menu: { 6: menu() },
      },
    };
    const way = (id: number): string[] => Led.to({ type: 'extension', id }, given).alone();
    expect(way(1)).toEqual(['ring 101/20 102/20', 'voicemail 5', 'hangup voicemail_left']);
    expect(way(2)).toEqual(['ring 101/9 102/9', 'hangup unanswered']);
    expect(way(3)[0]).toBe('gather Welcome.');
    expect(way(4)).toEqual(['voicemail 5', 'hangup voicemail_left']);
    expect(Led.to({ type: 'user', id: 'anna' }, given).alone()).toEqual([
      'ring 101/30 102/30',
      'voicemail 5',
      'hangup voicemail_left',
    ]);
  });

  test('elsewhere: with its own time, and where unanswered calls go', () => {
    const led = Led.to(
      { type: 'forwarding_number', id: 6 },
      { objects: { forwarding_number: { 6: forwardingNumber('+12125550177', { announce: true }) } } },
    );
    expect(led.alone()).toEqual(['ring +12125550177/25!', 'hangup unanswered']);
  });

  test('that passes its calls on and rings alone does not announce', () => {
    const given: Configured = { phones: { 101: { forwardTo: '+12125550144' }, 102: { doNotDisturb: true } } };
    expect(Led.to({ type: 'phone', id: '101' }, given).short).toBe('ring +12125550144/30');
    expect(Led.to({ type: 'phone', id: '102' }, given).short).toBe('hangup unanswered');
  });

  test('of phones that pass their calls to each other rings nobody, and ends', () => {
    const given: Configured = {
      phones: { 101: { forwardTo: '102' }, 102: { forwardTo: '101' } },
      objects: { extension: { 1: extension('101'), 2: extension('102') } },
    };
    expect(Led.to({ type: 'extension', id: 1 }, given).short).toBe('hangup unanswered');
  });
});

describe('the directory', () => {
  const given: Configured = {
    users: { u1: { name: 'Zoë Łukasz', phones: ['1'] } },
    objects: {
      menu: { 2: menu({ options: [option('9', { type: 'directory' })] }) },
      extension: {
        1: extension('101', { name: 'Anna Smith' }),
        2: extension('102', { name: 'Bob Smithers' }),
        3: extension('103', { name: 'Zoe', userId: 'u1' }),
        4: extension('104', { name: 'Secret Smith', inDirectory: false }),
        5: extension('105', { name: 'Nowhere Smith', destination: null }),
      },
    },
  };
  const spell = (keys: string): Led => Led.to({ type: 'directory' }, given).keys(keys);

  test('finds by first and last name, and offers who it may be', () => {
    // S-M-I
    expect(spell('764#').short).toBe(
      'gather For Anna Smith, press 1. For Bob Smithers, press 2. To go back, press star.',
    );
    expect(spell('764#').keys('2').short).toBe('ring 102/20');
    expect(spell('2662#').short).toContain('For Anna Smith, press 1.');
    // L-U-K, and Z-O-E: marks are no letters of a telephone.
    expect(spell('585').short).toContain('Zoë Łukasz');
    expect(spell('963').keys('1').short).toBe('ring 103/20');
    expect(spell('999#').short).toContain('Nobody was found');
    expect(spell('764#').keys('*').short).toContain('Spell the first or the last name');
    expect(spell('764#').keys('7').short).toContain('not one of the choices');
  });

  test('waits for keys while they could still be somebody', () => {
    const led = Led.to({ type: 'directory' }, given);
    if (led.step.kind !== 'gather') throw new Error('no keys are waited for');
    const { step } = led;
    const isComplete = (keys: string): boolean => step.isComplete(keys);
    expect(['7', '76', '764', '76484'].map(isComplete)).toEqual([false, false, false, false]);
    expect(['764843', '999', '9', '5#', '*', '963'].map(isComplete)).toEqual([true, true, false, true, true, true]);
  });

  test('gives up after three failures, and goes back to the menu by star', () => {
    const alone = Led.to({ type: 'directory' }, given).alone();
    expect([alone.length, alone.at(-1)]).toEqual([4, 'hangup timeout']);
    expect(Led.to({ type: 'menu', id: 2 }, given).keys('9').keys('*').short).toBe('gather Welcome.');
  });
});

test('what is not there ends the call, and says so', () => {
  expect(new Led({ objects: { number: to({ type: 'menu', id: 99 }) } }).short).toBe('hangup incomplete');
  expect(new Led({}).short).toBe('hangup incomplete');
  expect(new Led({ objects: { number: to({ type: 'hours' }) } }).events.at(-1)).toBe(
    'hangup: Hung up: it leads nowhere',
  );
});

test('no call is longer than it may be', () => {
  const led = Led.to(
    { type: 'menu', id: 2 },
    {
      settings: { longestCallSeconds: 60 },
      objects: { menu: { 2: menu({ options: [option('1', { type: 'menu', id: 2 })] }) } },
    },
  );
  expect(led.machine.next({ kind: 'keys', keys: '1' }, new Date(AT.getTime() + 59_999)).kind).toBe('gather');
  expect(led.machine.next({ kind: 'keys', keys: '1' }, new Date(AT.getTime() + 60_000))).toEqual({
    kind: 'hangup',
    reason: 'timeout',
  });
});
