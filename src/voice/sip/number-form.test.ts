import { describe, expect, it } from 'vitest';
import type { TrunkNumberRules } from '#voice/engine.js';
import { fromCalledForm, fromCallerForm, toCalledForm, toCallerForm } from '#voice/sip/number-form.js';

const e164: TrunkNumberRules = {};
const bare: TrunkNumberRules = { called: 'bare' };
const british: TrunkNumberRules = { called: 'national', countryCode: '44', nationalPrefix: '0' };
const american: TrunkNumberRules = { called: 'national', countryCode: '1', internationalPrefix: '011' };
const abroad: TrunkNumberRules = { called: 'international' };
const mixed: TrunkNumberRules = { called: 'e164', caller: 'bare', technicalPrefix: '9988#' };

describe('a number on a trunk', () => {
  it.each<[string, TrunkNumberRules, string, string]>([
    ['e164', e164, '+12025550123', '+12025550123'],
    ['bare', bare, '+12025550123', '12025550123'],
    ['national, at home, with its prefix', british, '+442071838750', '02071838750'],
    ['national, abroad', british, '+12025550123', '0012025550123'],
    ['national, at home, without prefix', american, '+12025550123', '2025550123'],
    ['national, abroad, with a prefix of its own', american, '+442071838750', '011442071838750'],
    ['international', abroad, '+442071838750', '00442071838750'],
    ['an extension, e164', e164, '101', '101'],
    ['an extension, bare', bare, '101', '101'],
    ['an extension, national', british, '101', '101'],
  ])('%s: both ways', (_, rules, number, onTheWire) => {
    expect(toCalledForm(number, rules)).toBe(onTheWire);
    expect(toCallerForm(number, rules)).toBe(onTheWire);
    expect(fromCalledForm(onTheWire, rules)).toBe(number);
    expect(fromCallerForm(onTheWire, rules)).toBe(number);
  });

  it.each<[string, TrunkNumberRules, string, string]>([
    ['+E.164 in any form', british, '+12025550123', '+12025550123'],
    ['visual separators', british, '(020)7183-8750', '+442071838750'],
    ['a name', bare, 'anonymous', 'anonymous'],
    ['a number that is too short for the world', bare, '101', '101'],
    ['digits without a plus where e164 is agreed', e164, '12025550123', '12025550123'],
    ['an unknown country at home', { called: 'national' }, '02071838750', '02071838750'],
    ['something that does not begin as agreed', abroad, '2025550123', '2025550123'],
    ['what E.164 has no number for', bare, '0000000000', '0000000000'],
    ['nothing', bare, '', ''],
  ])('%s is read as it can be', (_, rules, onTheWire, number) => {
    expect(fromCalledForm(onTheWire, rules)).toBe(number);
  });

  it('has a technical prefix when it is called, and a form of its own when it calls', () => {
    expect(toCalledForm('+12025550123', mixed)).toBe('9988#+12025550123');
    expect(toCallerForm('+12025550123', mixed)).toBe('12025550123');
    expect(fromCallerForm('12025550123', mixed)).toBe('+12025550123');
    expect(fromCalledForm('12025550123', mixed)).toBe('12025550123');
  });
});
