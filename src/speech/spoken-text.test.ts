import { describe, expect, it } from 'vitest';
import { splitSentences } from '#speech/sentences.js';
import { spokenText } from '#speech/spoken-text.js';

describe.each<[string, Record<string, string>]>([
  [
    'numbers',
    {
      'Press 1': 'Press one',
      'Press one': 'Press one',
      '0': 'zero',
      '21': 'twenty-one',
      '110': 'one hundred ten',
      '1,234,567': 'one million two hundred thirty-four thousand five hundred sixty-seven',
      '10000': 'ten thousand',
      '1000000': 'one million',
      '3.14': 'three point one four',
      '-5': 'minus five',
      '1.2.3': 'one point two point three',
      '007': 'zero zero seven',
      '25%': 'twenty-five percent',
      '2.5 %': 'two point five percent',
      '1/2 cup': 'one half cup',
      '2½ cups': 'two and one half cups',
      '24/7': 'twenty-four seven',
      '2-3 days': 'two to three days',
      '2–3 days': 'two to three days',
      '10k': 'ten thousand',
      '5kg': 'five kilograms',
      '1 hr': 'one hour',
      '−5°C': 'minus five degrees Celsius',
      '#5': 'number five',
      'No. 5': 'number five',
    },
  ],
  [
    'ordinals',
    {
      '1st': 'first',
      '2nd': 'second',
      '12th': 'twelfth',
      '20th': 'twentieth',
      '22nd': 'twenty-second',
      '103rd': 'one hundred third',
    },
  ],
  [
    'numbers that are names, digit by digit',
    {
      'Your code is 482193.': 'Your code is four eight two one nine three.',
      'In an emergency dial 911.': 'In an emergency dial nine one one.',
      'PIN 4821': 'PIN four eight two one',
      'card ending in 1234': 'card ending in one two three four',
      '482193': 'four eight two one nine three',
      '4111 1111 1111 1111': 'four one one one, one one one one, one one one one, one one one one',
      '123-45-6789': 'one two three, four five, six seven eight nine',
      AB12CD: 'A B one two C D',
      'gate B22': 'gate B twenty-two',
      '5G': 'five G',
      'covid-19': 'covid nineteen',
    },
  ],
  [
    'dates',
    {
      '2025-04-15': 'April fifteenth, twenty twenty-five',
      '04/15/2025': 'April fifteenth, twenty twenty-five',
      '15/04/2025': 'April fifteenth, twenty twenty-five',
      '15.04.2025': 'April fifteenth, twenty twenty-five',
      'April 15, 2025': 'April fifteenth, twenty twenty-five',
      '15 April 2025': 'April fifteenth, twenty twenty-five',
      'April 15th': 'April fifteenth',
      'Apr. 5 at noon': 'April fifth at noon',
      'the 15th of April': 'the fifteenth of April',
      'on 4/15': 'on April fifteenth',
      'April 15-17': 'April fifteenth to seventeenth',
      'May 2005': 'May two thousand five',
      'Mon-Fri': 'Monday to Friday',
      'in 1984': 'in nineteen eighty-four',
      'since 1905': 'since nineteen oh five',
      '2024-2025': 'twenty twenty-four to twenty twenty-five',
      '1990s': 'nineteen nineties',
      '2025-02-31': 'two zero two five, zero two, three one',
      'You may 2 times march 3 miles': 'You may two times march three miles',
    },
  ],
  [
    'times',
    {
      '3:15 PM': 'three fifteen P M',
      '3:15pm': 'three fifteen P M',
      '9:05 a.m. today': 'nine oh five A M today',
      '3 pm': 'three P M',
      '15:00': 'three P M',
      '09:30': 'nine thirty A M',
      '00:15': 'twelve fifteen A M',
      '9:30': 'nine thirty',
      '9:00': "nine o'clock",
      '9am-5pm': 'nine A M to five P M',
      '10:00-11:30': "ten o'clock to eleven thirty",
      '12:00 PM EST': 'twelve P M E S T',
      '2025-04-15T15:00:00Z': 'April fifteenth, twenty twenty-five at three P M U T C',
      '3:75': 'three: seventy-five',
    },
  ],
  [
    'money',
    {
      '$12.50': 'twelve dollars and fifty cents',
      $1: 'one dollar',
      '$0.99': 'ninety-nine cents',
      '$.05': 'five cents',
      '$1,234.56': 'one thousand two hundred thirty-four dollars and fifty-six cents',
      '€3': 'three euros',
      '€3,50': 'three euros and fifty cents',
      '£1.01': 'one pound and one penny',
      '¥500': 'five hundred yen',
      '12.50 USD': 'twelve dollars and fifty cents',
      'USD 5': 'five dollars',
      '-$5': 'minus five dollars',
      '$5 million': 'five million dollars',
      '$2.5M': 'two point five million dollars',
      '$5/month': 'five dollars per month',
      '$5-$10': 'five dollars to ten dollars',
      '50¢': 'fifty cents',
      'Pay $3.': 'Pay three dollars.',
    },
  ],
  [
    'telephone numbers',
    {
      '+12125550100': 'one, two one two, five five five, zero one zero zero',
      '12125550100': 'one, two one two, five five five, zero one zero zero',
      '(212) 555-0100': 'two one two, five five five, zero one zero zero',
      '212.555.0100': 'two one two, five five five, zero one zero zero',
      '2125550100': 'two one two, five five five, zero one zero zero',
      '555-0100': 'five five five, zero one zero zero',
      '1-800-555-0199': 'one, eight hundred, five five five, zero one nine nine',
      '+442071234567': 'plus four four, two zero seven, one two three, four five six seven',
      '+44 20 7123 4567': 'plus four four, two zero, seven one two three, four five six seven',
      '212-555-0100 ext. 12': 'two one two, five five five, zero one zero zero extension one two',
    },
  ],
  [
    'abbreviations',
    {
      'Dr. Smith and Mrs. Jones': 'Doctor Smith and Missus Jones',
      '12 Main St. is': 'twelve Main Street is',
      'St. Louis': 'Saint Louis',
      'at Elm Dr. in town': 'at Elm Drive in town',
      'e.g. this': 'for example this',
      'J. R. Smith': 'J R Smith',
      'your ID': 'your I D',
      'the US office': 'the U S office',
      'told us it': 'told us it',
      'AT&T': 'AT and T',
      'and/or': 'and or',
    },
  ],
  [
    'addresses',
    {
      'https://example.com/x': 'example dot com slash x',
      'Visit www.example.com.': 'Visit example dot com.',
      'joe@example.com': 'joe at example dot com',
    },
  ],
  [
    'signs',
    {
      'press * or #': 'press star or pound',
      'rock & roll': 'rock and roll',
      '5+': 'five plus',
      'Hello (there) friend': 'Hello, there, friend',
      '“Hi” – she said': 'Hi, she said',
      '**bold** text': 'bold text',
      'Hi!!! What?!': 'Hi! What?',
      'Wait... what': 'Wait, what',
      'café José naïve': 'cafe Jose naive',
      'Hello 😀 world': 'Hello world',
      '1️⃣ sale': 'one sale',
      日本語: '',
      '😀': '',
      '...': '',
    },
  ],
])('%s', (_kind, cases) => {
  it.each(Object.entries(cases))('%s', (written, spoken) => {
    expect(spokenText(written)).toBe(spoken);
    // There is nothing more to do the second time.
    expect(spokenText(spoken)).toBe(spoken);
  });
});

it.each([
  [
    'Reminder of your appt. on Tue, Apr 15 at 2:30pm with Dr. Lee. Press 1 to confirm, or 9 to opt out.',
    'Reminder of your appointment on Tuesday, April fifteenth at two thirty P M with Doctor Lee. Press one to confirm, or nine to opt out.',
  ],
  [
    'Order #48213 (2 items, $1,249.99) arrives by Fri. Track at https://acme.example.com/t/48213?x=1.',
    'Order number four eight two one three, two items, one thousand two hundred forty-nine dollars and ninety-nine cents, arrives by Friday. Track at acme dot example dot com slash t slash four eight two one three x one.',
  ],
  [
    'School closed Mon. 1/13. Bus #12 runs 2 hrs late on Tues.',
    'School closed Monday January thirteenth. Bus number twelve runs two hours late on Tuesday.',
  ],
  ['Open M-F 9-5, or 7AM–8PM.', 'Open Monday to Friday nine to five, or seven A M to eight P M.'],
  [
    'At Lincoln H.S., 1200 N. Main St., Springfield',
    'At Lincoln H S, one thousand two hundred North Main Street, Springfield',
  ],
  [
    'Take 1/2 tablet (250 mg) 2x daily with 8 oz. of water.',
    'Take one half tablet, two hundred fifty milligrams, two times daily with eight ounces of water.',
  ],
  [
    'Up 12.5% to €3.2M in Q2 2024, or $743.66/mo. since ’05',
    'Up twelve point five percent to three point two million euros in Q two twenty twenty-four, or seven hundred forty-three dollars and sixty-six cents per month since oh five',
  ],
  [
    "Mr. J.P. O'Neil Jr. won 1,000,000 points on 7/4!",
    "Mister J P O'Neil Junior won one million points on July fourth!",
  ],
])('%s', (written, spoken) => {
  expect(spokenText(written)).toBe(spoken);
  expect(spokenText(spoken)).toBe(spoken);
});

it.each([
  "Hello Ann, it's the well-known bakery: your cake, the big one, is ready!",
  'Would you come tomorrow? Please call us back.',
  'Press one to confirm; press nine to opt out.',
])('leaves alone what can be read as it stands: %s', (text) => {
  expect(spokenText(text)).toBe(text);
});

it('ends a sentence at the end of a line, before a capital letter or a number', () => {
  expect(spokenText('Good news\nyour order\nshipped\n\nPress 1\n2. Hold')).toBe(
    'Good news your order shipped. Press one. two. Hold',
  );
});

/** Pieces that trip regular expressions, joined by a fixed sequence of pseudo-random choices. */
const PIECES =
  '1|12|1/|1-|1.|1,|1,000|a|a.|a@|A. |A |$1|$|$1-|+1 |+|(212) |212-|http://|www.|-|--|#|*|:|1:11 |12:30-|Jan |Jan 1-| |\n|.|...|"|\'|St. |No. |code |on 1/|a1|1a1|in 20|°|%|½|é|日|😀|1st |10 km|k|€1,11|3 p.m. |P M. |w/|_|A&|=|(|!|?|0|1111 |5 USD|USD |a.com/'.split(
    '|',
  );

it('leaves no digit and no sign in anything', () => {
  let state = 1;
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: 1 + next(9) }, () => PIECES[next(PIECES.length)]! + ' '.repeat(next(2))).join('');
    const spoken = spokenText(text);
    expect(spoken, text).toMatch(/^[A-Za-z ,.;:!?'-]*$/);
  }
});

it('cuts what it made into the sentences that were meant', () => {
  expect(
    splitSentences(
      spokenText(
        'Dr. A. B. Smith is at 12 Main St. Then she comes at 3 p.m. Call 555-0100! Pay $3.50 at www.example.com. Bye',
      ),
    ),
  ).toEqual([
    'Doctor A B Smith is at twelve Main Street.',
    'Then she comes at three P M.',
    'Call five five five, zero one zero zero!',
    'Pay three dollars and fifty cents at example dot com.',
    'Bye',
  ]);
});
