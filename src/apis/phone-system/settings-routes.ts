import Type, { type Static } from 'typebox';
import type { RouteTable } from '#apis/http/index.js';
import { parsePrompt, presentPrompt, PromptBody, PromptObject } from '#apis/phone-system/destination.js';
import { changing } from '#apis/phone-system/routing-objects.js';
import { dataOf } from '#apis/phone-system/page.js';
import type { Caller } from '#core/accounts/index.js';
import { DEFAULT_SETTINGS, ROUTING_LIMITS, type PhoneSystemSettings } from '#core/call-flow/index.js';
import { readRouting } from '#core/routing/index.js';

const tag = 'Settings';
const [PARK_LEAST, PARK_MOST] = ROUTING_LIMITS.park;
const [CALL_LEAST, CALL_MOST] = ROUTING_LIMITS.call;
const PLACE = { kind: 'settings', id: 0 } as const;

const SettingsObject = Type.Object({
  anonymousCallers: Type.Enum(['accept', 'reject', 'voicemail'], { description: 'Of callers who show no number.' }),
  anonymousMailboxId: Type.Union([Type.Integer(), Type.Null()], { description: 'Where they go if `voicemail`.' }),
  record: Type.Enum(['none', 'incoming', 'outgoing', 'all']),
  recordConsent: Type.Boolean({
    description: 'You have everybody’s consent in writing: nothing is said before a recording.',
  }),
  holdMusic: PromptObject,
  language: Type.String({ description: 'Of what is spoken: BCP 47, such as `en-US`.', maxLength: 35 }),
  voice: Type.Union([Type.String({ maxLength: 100 }), Type.Null()], {
    description: 'Null: the usual of the language.',
  }),
  parkTimeout: Type.Integer({
    minimum: PARK_LEAST,
    maximum: PARK_MOST,
    description: 'Seconds until a parked call rings back at whoever parked it.',
  }),
  maxCallDuration: Type.Integer({ minimum: CALL_LEAST, maximum: CALL_MOST, description: 'Seconds.' }),
});
const SettingsPatch = Type.Object(
  { ...Type.Partial(SettingsObject).properties, holdMusic: Type.Optional(PromptBody) },
  { additionalProperties: false },
);

function present(settings: PhoneSystemSettings): Static<typeof SettingsObject> {
  const { anonymousMailbox, holdMusic, parkSeconds, longestCallSeconds, ...same } = settings;
  return {
    ...same,
    anonymousMailboxId: anonymousMailbox,
    holdMusic: presentPrompt(holdMusic),
    ...{ parkTimeout: parkSeconds, maxCallDuration: longestCallSeconds },
  };
}

function parse(body: Static<typeof SettingsPatch>): Partial<PhoneSystemSettings> {
  const { anonymousMailboxId, holdMusic, parkTimeout, maxCallDuration, ...same } = body;
  return {
    ...same,
    ...(anonymousMailboxId === undefined ? {} : { anonymousMailbox: anonymousMailboxId }),
    ...(holdMusic === undefined ? {} : { holdMusic: parsePrompt('holdMusic', holdMusic) }),
    ...(parkTimeout === undefined ? {} : { parkSeconds: parkTimeout }),
    ...(maxCallDuration === undefined ? {} : { longestCallSeconds: maxCallDuration }),
  };
}

/** What holds for all calls of the account. */
export function settingsRoutes(table: RouteTable<Caller>): void {
  table.get('/settings', {
    id: 'getPhoneSettings',
    tag,
    summary: 'What holds for all calls',
    scope: 'phone-system:read',
    returns: dataOf(SettingsObject),
    handle: async ({ core, auth }) => ({ data: present((await readRouting(core, auth)).settings) }),
  });

  table.patch('/settings', {
    id: 'updatePhoneSettings',
    tag,
    summary: 'Change what holds for all calls',
    description: 'Absent fields stay.',
    scope: 'phone-system:write',
    body: SettingsPatch,
    returns: dataOf(SettingsObject),
    handle: async (handling) => {
      const { core, auth, body } = handling;
      await changing(handling, PLACE, 'changed', (draft) =>
        draft.put('settings', 0, { ...DEFAULT_SETTINGS, ...draft.get('settings', 0), ...parse(body) }),
      );
      return { data: present((await readRouting(core, auth)).settings) };
    },
  });
}
