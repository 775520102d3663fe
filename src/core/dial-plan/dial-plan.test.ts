import { describe, expect, test } from 'vitest';
import { FEATURE_CODES, emergencyNumbers, mayBeEmergency, planDial, whyReserved } from '#core/dial-plan/index.js';
import type { DialConfiguration } from '#core/dial-plan/index.js';
import type { Extension, ForwardingNumber } from '#core/call-flow/index.js';

const extension = (number: string): Extension => ({
  number,
  name: `Extension ${number}`,
  userId: null,
  destination: null,
  ringSeconds: 20,
  noAnswer: null,
  inDirectory: true,
});

const forwarding = (transferCode: string | null): ForwardingNumber => ({
  number: '+14155550123',
  description: '',
  announce: false,
  transferCode,
  ringSeconds: 20,
  noAnswer: null,
});

function account(...numbers: string[]): DialConfiguration {
  return {
    numbers: new Map(numbers.map((number, index) => [index + 1, number])),
    phones: new Map(['101', 'lobby'].map((name) => [name, PHONE])),
    objects: {
      extension: new Map([
        [11, extension('201')],
        [12, extension('9112')],
      ]),
      forwarding_number: new Map([
        [21, forwarding('55')],
        [22, forwarding(null)],
      ]),
    },
  };
}

const PHONE = { doNotDisturb: false, callWaiting: true, forwardTo: null, callerId: null };
const US = account('+12125550100', '+493055501');
const DE = account('+493055501');
const GB = account('+442079460000');
const FR = account('+33140000000');
const NOWHERE = account();

describe('inside', () => {
  test.each([
    ['an extension', '201', { type: 'extension', id: 11 }],
    ['a phone by its number', '101', { type: 'phone', id: '101' }],
    ['a phone by its name', 'lobby', { type: 'phone', id: 'lobby' }],
    ['a forwarding number by its code', '55', { type: 'forwarding_number', id: 21 }],
    ['an extension like a number for help with a digit before it', '9112', { type: 'extension', id: 12 }],
  ])('%s', (_what, dialled, destination) => {
    expect(planDial(dialled, DE)).toEqual({ kind: 'inside', destination });
  });

  test.each(['+12125550100', '12125550100', '2125550100', '(212) 555-0100', '01112125550100'])(
    'one of our own numbers as %s',
    (dialled) => {
      expect(planDial(dialled, US)).toEqual({ kind: 'own_number', numberId: 1, number: '+12125550100' });
    },
  );
});

describe('outside', () => {
  test.each([
    ['national, in North America', '415-555-0199', US, undefined, '+14155550199'],
    ['with its country', '+44 20 7946 0001', US, undefined, '+442079460001'],
    ['international, from North America', '011442079460001', US, undefined, '+442079460001'],
    ['national, in Britain', '020 7946 0001', GB, undefined, '+442079460001'],
    ['international, from Britain', '0014155550199', GB, undefined, '+14155550199'],
    ['national where the phone shows a number of another country', '030555099', US, '+493055501', '+4930555099'],
  ] as const)('%s', (_what, dialled, configuration, home, number) => {
    expect(planDial(dialled, configuration, home)).toEqual({ kind: 'outside', number });
  });

  test.each([
    ['an extension that is not there', '999999', DE],
    ['a local number without its area', '5550199', US],
    ['a national number of no country', '020 7946 0001', NOWHERE],
    ['a code that is not one of ours', '*66', US],
    ['a code without what belongs to it', '*72', US],
    ['a code with more than belongs to it', '*781', US],
    ['nothing', '', US],
    ['a name', 'nobody', US],
  ])('nobody: %s', (_what, dialled, configuration) => {
    expect(planDial(dialled, configuration)).toEqual({ kind: 'unknown' });
  });
});

describe('help (rule 11)', () => {
  test.each(['911', '9-911', '0112', '*67911', '*82 112', '102', '999'])(
    'may be meant by %s, whatever the country',
    (dialled) => expect(mayBeEmergency(dialled)).toBe(true),
  );

  test.each(['+14155550123', '201', '*97', '*67+14155550123', '9', ''])('is not meant by "%s"', (dialled) => {
    expect(mayBeEmergency(dialled)).toBe(false);
  });

  test.each([
    ['911 in North America', '911', US, '911'],
    ['911 after a 9', '9911', US, '911'],
    ['112 there as well', '112', US, '112'],
    ['110 for an account that is in two countries', '110', US, '110'],
    ['112 in Germany', '112', DE, '112'],
    ['110 there', '110', DE, '110'],
    ['112 after a 0', '0112', DE, '112'],
    ['999 in Britain', '999', GB, '999'],
    ['999 after a 9', '9999', GB, '999'],
    ['15 in France', '15', FR, '15'],
    ['18 there', '18', FR, '18'],
    ['000 in Australia', '000', account('+61255501234'), '000'],
    ['118 where nobody knows the country', '118', NOWHERE, '118'],
    ['911 where nobody knows it', '911', NOWHERE, '911'],
  ] as const)('%s', (_what, dialled, configuration, number) => {
    expect(planDial(dialled, configuration)).toEqual({ kind: 'emergency', number });
  });

  test('is no ordinary number of another country', () => {
    expect(planDial('999', DE)).toEqual({ kind: 'unknown' });
    expect(planDial('15', US)).toEqual({ kind: 'unknown' });
    expect(planDial('015', FR)).toEqual({ kind: 'unknown' });
  });

  test('comes before an extension of that number', () => {
    const odd = { ...DE, objects: { ...DE.objects, extension: new Map([[1, extension('112')]]) } };
    expect(planDial('112', odd)).toEqual({ kind: 'emergency', number: '112' });
  });

  test('knows every country’s as 2 to 5 digits', () => {
    for (let code = 1; code < 1000; code++) {
      for (const number of emergencyNumbers([String(code)])) expect(number).toMatch(/^\d{2,5}$/);
    }
  });
});

describe('codes', () => {
  test.each([
    ['*97', 'own_mailbox', ''],
    ['*98', 'any_mailbox', ''],
    ['*98201', 'any_mailbox', '201'],
    ['*8', 'pickup_any', ''],
    ['**201', 'pickup_one', '201'],
    ['*824155550199', 'show_caller_id_once', '4155550199'],
    ['*67 415 555 0199', 'hide_caller_id_once', '4155550199'],
    ['*72+14155550199', 'forward_on', '+14155550199'],
    ['*73', 'forward_off', ''],
    ['*411', 'directory', ''],
    ['*68', 'park', ''],
    ['701', 'fetch_parked', '701'],
    ['720', 'fetch_parked', '720'],
  ])('%s', (dialled, feature, argument) => {
    expect(planDial(dialled, US)).toEqual({ kind: 'feature', feature, argument });
  });

  test('are all different', () => {
    const codes = FEATURE_CODES.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('an extension cannot be', () => {
  test.each([
    ['112', ['+493055501'], 'emergency'],
    ['911', ['+493055501'], 'emergency'],
    ['17', ['+33140000000'], 'emergency'],
    ['9911', ['+12125550100'], 'outside line'],
    ['701', [], 'parked'],
  ])('%s where the numbers are %j', (digits, numbers, why) => {
    expect(whyReserved(digits, numbers)).toContain(why);
  });

  test.each([
    ['999', ['+493055501']],
    ['201', ['+12125550100']],
    ['17', ['+12125550100']],
    ['721', []],
  ])('but can be %s where they are %j', (digits, numbers) => {
    expect(whyReserved(digits, numbers)).toBeUndefined();
  });
});
