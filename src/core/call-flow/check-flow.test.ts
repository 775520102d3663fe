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
import {
  checkFlow,
  FlowMachine,
  objectsIn,
  type Destination,
  type FlowConfiguration,
  type FlowStep,
  type Hours,
  type RoutingBodies,
} from '#core/call-flow/index.js';
import { below, seededRandom } from '#voice/fuzz/random.fixture.js';
import { destinationsOf, mapDestinations, namedBy, pathOf } from '#core/call-flow/references.js';

const problemsOf = (given: Configured): string[] =>
  checkFlow(configure(given)).problems.map(({ path, message, reachedFrom }) =>
    [path, message, reachedFrom].filter((part) => part !== undefined).join(': '),
  );
const route = (destination: Destination | null): RoutingBodies['number'] => ({
  description: '',
  destination,
  record: null,
  welcome: null,
});

describe('what is wrong with an object by itself', () => {
  test.each<[string, Configured, string]>([
    ['a menu', { objects: { menu: { 7: menu({ timeoutSeconds: 0 }) } } }, 'menus[7].timeoutSeconds: From 1 to 60.'],
    [
      'a key twice',
      {
        objects: { menu: { 7: menu({ options: [option('1', { type: 'hangup' }), option('1', { type: 'hangup' })] }) } },
      },
      'menus[7].options[1].digit: The key is there twice.',
    ],
    [
      'no key of a telephone',
      { objects: { menu: { 7: menu({ options: [option('A', { type: 'hangup' })] }) } } },
      'menus[7].options[0].digit: One of 0 to 9, * and #.',
    ],
    ['no name', { objects: { mailbox: { 3: mailbox(' ') } } }, 'mailboxes[3].name: It has 1 to 100 characters.'],
    [
      'a window',
      { hours: hours({ weekly: [{ start: '25:00', end: '18:00', days: ['mon'] }] }) },
      'hours.weekly[0].start: A time from 00:00 to 23:59: "09:00".',
    ],
    ['a zone', { hours: hours({ timeZone: 'Mars/Base' }) }, 'hours.timeZone: A time zone such as Europe/Berlin.'],
    [
      'a holiday',
      { hours: hours({ holidays: [{ date: '2026-02-30', name: '', windows: [], destination: null }] }) },
      'hours.holidays[0].date: A date such as 2026-12-25, or 12-25 for every year.',
    ],
    [
      'a window of a holiday that ends the next day',
      {
        hours: hours({
          holidays: [{ date: '12-25', name: '', windows: [{ start: '20:00', end: '02:00' }], destination: null }],
        }),
      },
      'hours.holidays[0].windows[0].end: It ends on the same day, after its start.',
    ],
    [
      'a number',
      { objects: { forwarding_number: { 4: forwardingNumber('555') } } },
      'forwardingNumbers[4].number: A number in international form: +15551234567.',
    ],
    [
      'an extension that is dialled for help',
      { objects: { extension: { 4: extension('911') } } },
      'extensions[4].number: 911 is an emergency number.',
    ],
    [
      'a transfer code that is an extension',
      {
        objects: {
          extension: { 4: extension('201') },
          forwarding_number: { 5: forwardingNumber('+12125550177', { transferCode: '201' }) },
        },
      },
      'forwardingNumbers[5].transferCode: 201 is taken already: extensions[4].number.',
    ],
    [
      'a member twice',
      {
        objects: {
          extension: { 4: extension('201') },
          ring_group: { 6: ringGroup({ members: [member(4), member(4)] }) },
        },
      },
      'ringGroups[6].members[1].deviceId: It is a member twice.',
    ],
    [
      'a mailbox for hidden callers',
      { settings: { anonymousCallers: 'voicemail' } },
      'settings.anonymousMailbox: Callers without a number are to leave a message, but no mailbox is named.',
    ],
  ])('%s', (_what, given, problem) => {
    expect(problemsOf(given)).toEqual([problem]);
  });

  test('names everything that is not there', () => {
    const given: Configured = {
      objects: {
        ring_group: { 6: ringGroup({ callerId: 9, members: [member(5, { scheduleId: 8 })], holdMusic: { sound: 3 } }) },
        extension: { 4: extension('201', { userId: 'gone', noAnswer: { type: 'user', id: 'gone' } }) },
        menu: { 7: menu({ greeting: { sound: 2 }, onTimeout: { type: 'voicemail', id: 1 } }) },
      },
    };
    expect(problemsOf(given)).toEqual([
      'menus[7].onTimeout: There is no mailbox 1.',
      'menus[7].greeting: There is no sound 2.',
      'ringGroups[6].holdMusic: There is no sound 3.',
      'ringGroups[6].callerId: There is no number 9.',
      'ringGroups[6].members[0].deviceId: There is no extension or forwarding number 5.',
      'ringGroups[6].members[0].scheduleId: There is no forwarding schedule 8.',
      'extensions[4].noAnswer: There is no user gone.',
      'extensions[4].userId: There is no user gone.',
    ]);
  });
});

describe('a round without a key', () => {
  const toGroup = (id: number): Destination => ({ type: 'ring_group', id });
  const groupTo = (id: number): RoutingBodies['ring_group'] =>
    ringGroup({ name: `G${id}`, members: [member(4)], destination: toGroup(id) });

  test('is refused where it closes, and told as it goes', () => {
    const given: Configured = {
      objects: { extension: { 4: extension('201') }, ring_group: { 1: groupTo(2), 2: groupTo(1) } },
    };
    expect(problemsOf(given)).toEqual([
      'ringGroups[2].destination: This leads back to Ring group "G2" without a key of the caller: Ring group "G2" -> Ring group "G1" -> Ring group "G2".',
    ]);
  });

  test.each<[string, Configured, string[]]>([
    ['hours that lead to themselves', { hours: hours({ closed: { type: 'hours' } }) }, ['hours.closed']],
    [
      'a holiday that leads back',
      { hours: hours({ holidays: [{ date: '12-25', name: '', windows: [], destination: { type: 'hours' } }] }) },
      ['hours.holidays[0].destination'],
    ],
    [
      'an extension whose unanswered calls ring its user again',
      {
        users: { anna: { name: 'Anna', phones: ['1'] } },
        objects: {
          extension: {
            4: extension('201', { userId: 'anna', destination: null, noAnswer: { type: 'user', id: 'anna' } }),
          },
        },
      },
      ['extensions[4].noAnswer'],
    ],
    [
      'extensions that stand for one another',
      {
        objects: {
          extension: {
            4: extension('201', { destination: { type: 'extension', id: 5 }, noAnswer: { type: 'hangup' } }),
            5: extension('202', { destination: { type: 'extension', id: 4 } }),
          },
        },
      },
      ['extensions[5].destination'],
    ],
    [
      'a number elsewhere that comes back',
      {
        objects: {
          extension: { 4: extension('201', { noAnswer: { type: 'forwarding_number', id: 5 } }) },
          forwarding_number: { 5: forwardingNumber('+12125550177', { noAnswer: { type: 'extension', id: 4 } }) },
        },
      },
      ['forwardingNumbers[5].noAnswer'],
    ],
  ])('%s', (_what, given, paths) => {
    expect(checkFlow(configure(given)).problems.map(({ path }) => path)).toEqual(paths);
  });

  test('by a key, or by the silence of the caller, is none', () => {
    const again = menu({ options: [option('*', { type: 'menu', id: 7 })], onTimeout: { type: 'menu', id: 7 } });
    const given: Configured = {
      objects: {
        extension: { 4: extension('201') },
        menu: { 7: again, 8: menu({ options: [option('1', toGroup(1))] }) },
        ring_group: { 1: ringGroup({ members: [member(4)], destination: { type: 'menu', id: 8 } }) },
        number: { 1: route({ type: 'menu', id: 8 }) },
      },
    };
    expect(problemsOf(given)).toEqual([]);
  });

  test('of thousands in a row is found without running out of stack', () => {
    const many = 20_000;
    const ring = (last: number): Configured => ({
      objects: {
        ring_group: Object.fromEntries(
          Array.from({ length: many }, (_, at) => [at + 1, groupTo(at + 1 === many ? last : at + 2)]),
        ),
        extension: { 4: extension('201') },
      },
    });
    expect(checkFlow(configure(ring(1))).problems.map(({ path }) => path)).toEqual([`ringGroups[${many}].destination`]);
  });
});

describe('something incomplete', () => {
  const lonely: Configured['objects'] = {
    ring_group: { 3: ringGroup({ destination: null }) },
    menu: { 7: menu({ options: [option('1', { type: 'ring_group', id: 3 }), option('2', null)] }) },
  };

  test('may be there where no number leads, and is refused where one does, however far', () => {
    const { problems, incomplete } = checkFlow(configure({ objects: lonely }));
    expect([problems, incomplete.map(({ path }) => path)]).toEqual([
      [],
      ['menus[7].options[1].destination', 'ringGroups[3].destination', 'ringGroups[3].members'],
    ]);
    const live = { ...lonely, number: { 1: route({ type: 'menu', id: 7 }) } };
    expect(problemsOf({ objects: live })).toEqual([
      'menus[7].options[1].destination: Where key 2 leads is not chosen.: Number +12125550100',
      'ringGroups[3].destination: Where unanswered calls go is not chosen.: Number +12125550100',
      'ringGroups[3].members: The group has nobody who can be rung.: Number +12125550100',
    ]);
  });

  test.each<[string, Configured, string]>([
    ['hours that nobody set', { objects: { number: { 1: route({ type: 'hours' }) } } }, 'numbers[1].destination'],
    ['an empty directory', { objects: { number: { 1: route({ type: 'directory' }) } } }, 'numbers[1].destination'],
    [
      'a user without a phone',
      { users: { bob: { name: 'Bob', phones: [] } }, objects: { number: { 1: route({ type: 'user', id: 'bob' }) } } },
      'numbers[1].destination',
    ],
    [
      'a menu without a way on',
      { objects: { menu: { 7: menu() }, number: { 1: route({ type: 'menu', id: 7 }) } } },
      'menus[7].options',
    ],
  ])('%s', (_what, given, path) => {
    expect(checkFlow(configure(given)).problems.map((problem) => problem.path)).toEqual([path]);
  });

  test('an extension that leads nowhere is not dialled, and so is no trouble', () => {
    const objects: Configured['objects'] = {
      menu: { 7: menu({ directDial: true, options: [option('1', { type: 'hangup' })] }) },
      extension: { 4: extension('201', { destination: null }) },
      number: { 1: route({ type: 'menu', id: 7 }) },
    };
    expect(checkFlow(configure({ objects }))).toMatchObject({
      problems: [],
      incomplete: [{ path: 'extensions[4].destination' }],
    });
  });
});

function randomFrom(seed: number): (limit: number) => number {
  const random = seededRandom(seed);
  return (limit) => below(random, limit);
}

/** Some of everything, leading anywhere. */
function anything(seed: number): FlowConfiguration {
  const random = randomFrom(seed);
  const chance = (percent: number): boolean => random(100) < percent;
  const ids = {
    menu: [1, 2, 3],
    ring_group: [11, 12, 13],
    extension: [21, 22, 23],
    forwarding_number: [31, 32],
    voicemail: [41],
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const somewhere = (): Destination => {
    const types = [
      'hours',
      'directory',
      'hangup',
      'menu',
      'menu',
      'ring_group',
      'ring_group',
      'extension',
      'extension',
    ];
    const type = pick([...types, 'forwarding_number', 'voicemail', 'user', 'phone'] as Destination['type'][]);
    if (type === 'user') return { type, id: pick(['anna', 'bob']) };
    if (type === 'phone') return { type, id: pick(['p1', 'p2', 'p3']) };
    if (type === 'hours' || type === 'directory' || type === 'hangup') return { type };
    return { type, id: pick(ids[type]) };
  };
  const maybe = (percent: number): Destination | null => (chance(percent) ? somewhere() : null);
  const of = <T>(list: readonly number[], make: (id: number) => T): Record<number, T> =>
    Object.fromEntries(list.map((id) => [id, make(id)]));
  const someHours: Hours = hours({ open: maybe(90), closed: maybe(90) });
  return configure({
    ...(chance(90) ? { hours: someHours } : {}),
    users: { anna: { name: 'Anna', phones: ['p1', 'p2'] }, bob: { name: 'Bob', phones: [] } },
    phones: { p1: {}, p2: { doNotDisturb: chance(30) }, p3: { forwardTo: chance(50) ? '201' : null } },
    objects: {
      number: { 1: route(maybe(95)) },
      menu: of(ids.menu, () =>
        menu({
          options: ['1', '2'].map((digit) => option(digit, maybe(90))),
          directDial: chance(30),
          repeats: random(3),
          onTimeout: maybe(50),
          onInvalid: maybe(50),
        }),
      ),
      ring_group: of(ids.ring_group, () =>
        ringGroup({
          strategy: pick(['all', 'sequence', 'round_robin', 'least_recent']),
          members: [21, 22, 31].filter(() => chance(60)).map((id) => member(id, { position: 1 + random(3) })),
          destination: maybe(90),
          maxHoldSeconds: 5 + random(100),
        }),
      ),
      extension: of(ids.extension, (id) =>
        extension(`2${String(id).padStart(2, '0')}`, {
          destination: maybe(60),
          userId: pick([null, 'anna', 'bob']),
          noAnswer: maybe(60),
        }),
      ),
      forwarding_number: of(ids.forwarding_number, (id) =>
        forwardingNumber(`+121255501${id}`, { noAnswer: maybe(40) }),
      ),
      mailbox: of(ids.voicemail, () => mailbox('Office')),
    },
  });
}

/** A call through a configuration, whose people and caller do anything; with how it ended. */
function wander(
  configuration: FlowConfiguration,
  seed: number,
  pressesKeys: boolean,
): FlowStep & { kind: 'hangup' | 'talk' } {
  const random = randomFrom(seed);
  const call = { begin: { numberId: 1 }, caller: '+12125550199', callerName: undefined, from: 'outside' } as const;
  const machine = new FlowMachine(configuration, call, { turns: () => undefined });
  let at = Date.UTC(2026, 5, 3, 14);
  let step = machine.begin(new Date(at));
  for (let steps = 0; steps < 20_000; steps++) {
    if (step.kind === 'hangup' || step.kind === 'talk') return step;
    at += 1000 * (1 + random(20));
    const now = new Date(at);
    if (step.kind === 'gather') {
      const keys = pressesKeys ? (['', '1', '2', '9', '221', '*', '764#'][random(7)] ?? '') : '';
      step = machine.next({ kind: 'keys', keys: keys.slice(0, step.mostKeys) }, now);
    } else if (step.kind === 'ring') {
      expect(step.targets.length).toBeGreaterThan(0);
      const causes = step.targets.map((target) => ({ target, cause: 'no_answer' as const }));
      step = machine.next({ kind: 'unanswered', causes }, now);
    } else if (step.kind === 'hold') step = machine.next({ kind: 'waited' }, now);
    else step = machine.next({ kind: step.kind === 'play' ? 'played' : 'recorded' }, now);
  }
  throw new Error('the call never ends');
}

describe('any configuration', () => {
  const SEEDS = Array.from({ length: 1200 }, (_, at) => at + 1);

  test('that is right never ends a call because something is missing, nor because nobody decides', () => {
    let right = 0;
    for (const seed of SEEDS) {
      const configuration = anything(seed);
      const isRouted = (configuration.objects.number.get(1)?.destination ?? null) !== null;
      if (!isRouted || checkFlow(configuration).problems.length > 0) continue;
      right++;
      for (let call = 0; call < 4; call++) {
        const end = wander(configuration, seed * 31 + call, true);
        expect([seed, end.kind === 'hangup' ? end.reason : end.kind]).not.toEqual([seed, 'incomplete']);
        expect([seed, end.kind === 'hangup' ? end.reason : end.kind]).not.toEqual([seed, 'too_many_steps']);
      }
    }
    expect(right).toBeGreaterThan(30);
  });

  test('ends every call, right or wrong', () => {
    for (const seed of SEEDS) {
      const configuration = anything(seed);
      wander(configuration, seed, true);
      wander(configuration, seed, false);
    }
  });

  test('has a problem at exactly the path that is made to lead nowhere', () => {
    for (const seed of SEEDS.slice(0, 200)) {
      const configuration = anything(seed);
      const before = new Set(checkFlow(configuration).problems.map(({ path, message }) => `${path} ${message}`));
      const all = [...objectsIn(configuration)].flatMap(({ kind, id, body }) =>
        destinationsOf(kind, body)
          .filter(({ destination }) => namedBy(destination)?.type !== undefined && destination.type !== 'hours')
          .map(({ field }) => ({ kind, id, body, field })),
      );
      const chosen = all[seed % all.length]!;
      const broken = mapDestinations(chosen.kind, chosen.body, (destination, field) =>
        field === chosen.field ? { type: 'menu', id: 999 } : destination,
      );
      const after = withObject(configuration, chosen.kind, chosen.id, broken);
      const found = checkFlow(after)
        .problems.filter(({ path, message }) => !before.has(`${path} ${message}`))
        .map(({ path, message }) => `${path} ${message}`);
      expect(found).toContain(`${pathOf(chosen.kind, chosen.id)}.${chosen.field} There is no menu 999.`);
    }
  });
});

function withObject(
  configuration: FlowConfiguration,
  kind: keyof RoutingBodies,
  id: number,
  body: unknown,
): FlowConfiguration {
  if (kind === 'hours') return { ...configuration, hours: body as Hours };
  const objects = {
    ...configuration.objects,
    [kind]: new Map(configuration.objects[kind as 'menu']).set(id, body as never),
  };
  return { ...configuration, objects };
}
