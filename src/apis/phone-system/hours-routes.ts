import Type, { type Static } from 'typebox';
import { HttpProblem, type Handling, type RouteTable } from '#apis/http/index.js';
import {
  DestinationBody,
  DestinationObject,
  parseDestination,
  presentDestination,
} from '#apis/phone-system/destination.js';
import { savedOf, changing, warningsOf } from '#apis/phone-system/routing-objects.js';
import { parseInstant, presentOptionalTime } from '#apis/phone-system/time.js';
import { parseWeekly, presentWeekly, Weekly } from '#apis/phone-system/weekly.js';
import { findAccount, type Caller } from '#core/accounts/index.js';
import { hoursState, ROUTING_LIMITS, type Holiday, type Hours } from '#core/call-flow/index.js';
import { readRouting } from '#core/routing/index.js';

const tag = 'Hours of operation';
const strict = { additionalProperties: false };
const PLACE = { kind: 'hours', id: 0 } as const;

const HolidayWindow = Type.Object(
  { open: Type.String({ examples: ['10:00'] }), close: Type.String({ examples: ['14:00'] }) },
  strict,
);
const HolidayBody = Type.Object(
  {
    date: Type.String({ description: '`2026-12-25`, in the zone of the hours; `12-25`: every year.' }),
    name: Type.Optional(Type.String({ maxLength: ROUTING_LIMITS.nameCharacters })),
    windows: Type.Optional(
      Type.Array(HolidayWindow, { maxItems: 10, description: 'Open after all for so long; none: closed.' }),
    ),
    destination: Type.Optional(DestinationBody),
  },
  { ...strict, examples: [{ date: '12-25', name: 'Christmas Day' }] },
);
const HolidayObject = Type.Object({
  date: Type.String(),
  name: Type.String(),
  windows: Type.Array(HolidayWindow),
  destination: DestinationObject,
});

const SettingsPatch = Type.Object(
  {
    timezone: Type.Optional(Type.String({ maxLength: 64, description: 'IANA.', examples: ['America/New_York'] })),
    weekly: Type.Optional(Weekly),
    holidays: Type.Optional(Type.Array(HolidayBody, { maxItems: ROUTING_LIMITS.holidays })),
    openDestination: Type.Optional(DestinationBody),
    closedDestination: Type.Optional(DestinationBody),
    mode: Type.Optional(
      Type.Enum(['schedule', 'open', 'closed'], {
        description: 'Another than before: by hand until it is taken back; `schedule`: by the clock again.',
      }),
    ),
  },
  strict,
);
const OverrideBody = Type.Object(
  {
    mode: Type.Enum(['open', 'closed', 'none'], { description: '`none`: by the clock again.' }),
    until: Type.Optional(
      Type.Union([Type.String(), Type.Null()], { description: 'ISO 8601; null: until it is taken back.' }),
    ),
  },
  { ...strict, examples: [{ mode: 'closed', until: '2026-12-24T18:00:00+00:00' }] },
);
const HoursObject = Type.Object({
  timezone: Type.String(),
  mode: Type.String({ description: '`schedule`, or `open` or `closed` as set by hand.' }),
  until: Type.Union([Type.String(), Type.Null()], { description: 'How long what was set by hand holds.' }),
  isOpen: Type.Boolean({ description: 'Now.' }),
  reason: Type.String({ description: 'Why.' }),
  weekly: Weekly,
  holidays: Type.Array(HolidayObject),
  openDestination: DestinationObject,
  closedDestination: DestinationObject,
});

type Asking = Pick<Handling<Caller>, 'core' | 'auth'>;

/** Never open, before somebody sets them. */
async function unset({ core, auth }: Asking): Promise<Hours> {
  const { timeZone } = await findAccount(core, auth.accountId);
  return { timeZone, weekly: [], holidays: [], override: null, open: null, closed: null };
}

function modeOf({ override }: Hours, now: Date): 'schedule' | 'open' | 'closed' {
  const holds = override !== null && (override.until === null || now < new Date(override.until));
  return holds ? override.mode : 'schedule';
}

async function present(asking: Asking): Promise<Static<typeof HoursObject>> {
  const { core, auth } = asking;
  const hours = (await readRouting(core, auth)).hours ?? (await unset(asking));
  const now = new Date(core.clock.now());
  const { open, because } = hoursState(hours, now);
  const mode = modeOf(hours, now);
  const until = hours.override?.until ?? null;
  return {
    timezone: hours.timeZone,
    mode,
    until: mode === 'schedule' || until === null ? null : presentOptionalTime(new Date(until)),
    isOpen: open,
    reason: because,
    weekly: presentWeekly(hours.weekly),
    holidays: hours.holidays.map(({ date, name, windows, destination }) => ({
      ...{ date, name, windows: windows.map(({ start, end }) => ({ open: start, close: end })) },
      destination: presentDestination(destination),
    })),
    openDestination: presentDestination(hours.open),
    closedDestination: presentDestination(hours.closed),
  };
}

function parseHolidays(given: readonly Static<typeof HolidayBody>[]): Holiday[] {
  return given.map(({ date, name = '', windows = [], destination = null }, at) => ({
    ...{ date, name, windows: windows.map(({ open, close }) => ({ start: open, end: close })) },
    destination: parseDestination(`holidays.${at}.destination`, destination),
  }));
}

function parse(body: Static<typeof SettingsPatch>): Partial<Hours> {
  const { timezone, weekly, holidays, openDestination, closedDestination } = body;
  return {
    ...(timezone === undefined ? {} : { timeZone: timezone }),
    ...(weekly === undefined ? {} : { weekly: parseWeekly(weekly) }),
    ...(holidays === undefined ? {} : { holidays: parseHolidays(holidays) }),
    ...(openDestination === undefined ? {} : { open: parseDestination('openDestination', openDestination) }),
    ...(closedDestination === undefined ? {} : { closed: parseDestination('closedDestination', closedDestination) }),
  };
}

function parseOverride({ mode, until = null }: Static<typeof OverrideBody>, now: number): Hours['override'] {
  if (mode === 'none') {
    if (until === null) return null;
    throw new HttpProblem('invalid_input', 'Hours by the clock have no end: leave "until" out.', { field: 'until' });
  }
  if (until === null) return { mode, until };
  const at = parseInstant('until', until);
  if (at.getTime() > now) return { mode, until: at.toISOString() };
  throw new HttpProblem('invalid_input', 'The field "until" is over already.', { field: 'until' });
}

/** Whoever sends back what they have read leaves what was set by hand as it is, with its end. */
async function parseMode(
  asking: Asking & { body: Static<typeof SettingsPatch> },
): Promise<Pick<Hours, 'override'> | undefined> {
  const { core, auth, body } = asking;
  const { mode } = body;
  if (mode === undefined) return undefined;
  const { hours } = await readRouting(core, auth);
  if (hours !== undefined && modeOf(hours, new Date(core.clock.now())) === mode) return undefined;
  return { override: mode === 'schedule' ? null : { mode, until: null } };
}

async function change(handling: Asking, fields: Partial<Hours>) {
  const usual = await unset(handling);
  await changing(handling, PLACE, 'changed', (draft) =>
    draft.put('hours', 0, { ...usual, ...draft.get('hours', 0), ...fields }),
  );
  return { data: await present(handling), ...(await warningsOf(handling, PLACE)) };
}

/** When somebody is there, and where calls lead then and else. */
export function hoursRoutes(table: RouteTable<Caller>): void {
  table.get('/hours/settings', {
    id: 'getHours',
    tag,
    summary: 'The hours of operation, and whether it is open now',
    scope: 'phone-system:read',
    returns: savedOf(HoursObject),
    handle: async (handling) => ({ data: await present(handling) }),
  });

  table.patch('/hours/settings', {
    id: 'updateHours',
    tag,
    summary: 'Change the hours of operation',
    description:
      'Absent fields stay; `weekly` and `holidays` take the place of all that there were. Of a day, what was set by hand ' +
      'counts before a holiday, and that before the week.',
    scope: 'phone-system:write',
    body: SettingsPatch,
    returns: savedOf(HoursObject),
    handle: async (handling) => change(handling, { ...parse(handling.body), ...(await parseMode(handling)) }),
  });

  table.put('/hours-override', {
    id: 'overrideHours',
    tag,
    summary: 'Open or close by hand',
    scope: 'phone-system:write',
    body: OverrideBody,
    returns: savedOf(HoursObject),
    handle: async (handling) => change(handling, { override: parseOverride(handling.body, handling.core.clock.now()) }),
  });
}
