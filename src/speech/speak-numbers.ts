/** Numbers as English words: counted, ordered, read digit by digit. */
const ONES = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen ' +
  'seventeen eighteen nineteen'
).split(' ');
const TENS = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES = ['', ' thousand', ' million', ' billion', ' trillion'];
const IRREGULAR_ORDINALS: Record<string, string> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};
/** Beyond this nobody follows a counted number. */
const MAX_COUNTED_DIGITS = 15;

/** `42` -> `forty-two`. Takes digits; too many of them, or a leading zero, are read one by one. */
export function cardinal(digits: string): string {
  if (digits.length > MAX_COUNTED_DIGITS || /^0\d/.test(digits)) return digitByDigit(digits);
  const groups: string[] = [];
  for (let end = digits.length; end > 0; end -= 3) groups.push(digits.slice(Math.max(0, end - 3), end));
  const words = groups
    .map((group, index) => (Number(group) === 0 ? '' : belowThousand(Number(group)) + SCALES[index]!))
    .reverse()
    .filter(Boolean);
  return words.join(' ') || 'zero';
}

/** `21` -> `twenty-first`. */
export function ordinal(digits: string): string {
  const words = cardinal(digits);
  const last = /[a-z]+$/.exec(words)?.[0] ?? '';
  const ending = IRREGULAR_ORDINALS[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return words.slice(0, words.length - last.length) + ending;
}

/** `0199` -> `zero one nine nine`; anything else between the digits is ignored. */
export function digitByDigit(digits: string): string {
  return Array.from(digits.matchAll(/\d/g), ([digit]) => ONES[Number(digit)]!).join(' ');
}

/** `1,234.50` -> `one thousand two hundred thirty-four point five zero`; `-2` -> `minus two`. */
export function decimal(text: string): string {
  const sign = text.startsWith('-') ? 'minus ' : '';
  const [whole = '', ...fractions] = text.replace(/[-,]/g, '').split('.');
  const parts = fractions.map((fraction) =>
    // With two points it is a version or an address, whose parts are numbers of their own.
    fractions.length > 1 ? cardinal(fraction) : digitByDigit(fraction),
  );
  return [sign + cardinal(whole || '0'), ...parts].join(' point ');
}

/** `2025` -> `twenty twenty-five`, `1905` -> `nineteen oh five`. Takes four digits. */
export function year(digits: string): string {
  const century = digits.slice(0, 2);
  const rest = digits.slice(2);
  if (digits[1] === '0' && rest.startsWith('0')) return cardinal(digits);
  if (rest === '00') return `${cardinal(century)} hundred`;
  return `${cardinal(century)} ${rest.startsWith('0') ? `oh ${cardinal(rest.slice(1))}` : cardinal(rest)}`;
}

function belowThousand(value: number): string {
  const hundreds = Math.floor(value / 100);
  const rest = value % 100;
  return [hundreds > 0 ? `${ONES[hundreds]!} hundred` : '', rest > 0 ? belowHundred(rest) : '']
    .filter(Boolean)
    .join(' ');
}

function belowHundred(value: number): string {
  if (value < 20) return ONES[value]!;
  const ones = value % 10;
  return TENS[Math.floor(value / 10)]! + (ones > 0 ? `-${ONES[ones]!}` : '');
}

const FRACTIONS: Record<string, string> = {
  '1/2': 'one half',
  '1/3': 'one third',
  '2/3': 'two thirds',
  '1/4': 'one quarter',
  '3/4': 'three quarters',
  '1/8': 'one eighth',
  '24/7': 'twenty-four seven',
};

const UNITS: Record<string, [one: string, many: string]> = {
  km: ['kilometer', 'kilometers'],
  cm: ['centimeter', 'centimeters'],
  mm: ['millimeter', 'millimeters'],
  kg: ['kilogram', 'kilograms'],
  mg: ['milligram', 'milligrams'],
  mcg: ['microgram', 'micrograms'],
  ml: ['milliliter', 'milliliters'],
  lb: ['pound', 'pounds'],
  lbs: ['pound', 'pounds'],
  oz: ['ounce', 'ounces'],
  ft: ['foot', 'feet'],
  mph: ['mile per hour', 'miles per hour'],
  'km/h': ['kilometer per hour', 'kilometers per hour'],
  hr: ['hour', 'hours'],
  hrs: ['hour', 'hours'],
  min: ['minute', 'minutes'],
  mins: ['minute', 'minutes'],
  sec: ['second', 'seconds'],
  secs: ['second', 'seconds'],
  kb: ['kilobyte', 'kilobytes'],
  mb: ['megabyte', 'megabytes'],
  gb: ['gigabyte', 'gigabytes'],
  tb: ['terabyte', 'terabytes'],
  '°f': ['degree Fahrenheit', 'degrees Fahrenheit'],
  '°c': ['degree Celsius', 'degrees Celsius'],
  '°': ['degree', 'degrees'],
  '%': ['percent', 'percent'],
};

const MAGNITUDES: Record<string, string> = { k: 'thousand', m: 'million', bn: 'billion' };

/** One number as written, its sign apart: `1,234.5`, `12`, `.5`. */
const AMOUNT = String.raw`(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)*|(?<!\w)\.\d+`;
/** Not in the middle of a word, a number or an amount. */
const ALONE = String.raw`(?<![\w.,/-])`;
const SIGN = String.raw`(?:(?<![\w)])-)?`;

/** After these a number is a name: nobody says that the code is four thousand. */
const NAMED_BY_DIGITS =
  /\b((?:call|dial|code|pin|passcode|password|otp|extension|ext|zip|ending in|ends in|last four|ending|account|order|reference|ref|confirmation|invoice|ticket|case|tracking|id)(?:\s+(?:number|code|id|is|no))*[\s:]*(?:number\s+)?)(\d{3,})(?![\d.,]*\d|%)/gi;
const YEAR_AFTER =
  /\b((?:Q[1-4]|in|since|year|by|until|till|before|after|during|early|late|of|from|to)\s+)((?:19|20)\d\d)(?![\w,.-]*\d|%)/gi;

const MEASURE = new RegExp(
  `${ALONE}(${SIGN})(${AMOUNT}) ?(${Object.keys(UNITS).sort(longestFirst).join('|')})(?![a-z0-9/])(?:\\.(?= [a-z]))?`,
  'gi',
);
const MAGNIFIED = new RegExp(`${ALONE}(${AMOUNT})(k|m|bn)\\b`, 'gi');
const ANY_NUMBER = new RegExp(`(${SIGN})(${AMOUNT})`, 'g');

/** Every number still written in digits, as words. Dates, times, money and telephone numbers go before. */
export function speakNumbers(text: string): string {
  return (
    text
      .replace(/(?<!\w)#\s?(?=\d)/g, 'number ')
      .replace(NAMED_BY_DIGITS, (_all, before: string, digits: string) => before + digitByDigit(digits))
      .replace(/(?<![\w.,-])911(?![\w.,-]*\d|%)/g, digitByDigit)
      .replace(YEAR_AFTER, (_all, before: string, digits: string) => before + year(digits))
      .replace(/(?<![\w'])'?((?:1[5-9]|20)?)([2-9])0s\b/g, (_all, century: string, tens: string) =>
        [century && cardinal(century), TENS[Number(tens)]!.replace(/y$/, 'ies')].join(' '),
      )
      .replace(/(?<!\w)'(\d)(\d)\b/g, (_all, tens: string, ones: string) =>
        tens === '0' ? `oh ${cardinal(ones)}` : cardinal(tens + ones),
      )
      .replace(
        /(?<![\w.,/-])(\d{1,3})x\b/g,
        (_all, times: string) => `${cardinal(times)} ${times === '1' ? 'time' : 'times'}`,
      )
      // Cards and the like, in groups.
      .replace(/(?<![\w.,-])\d{2,}(?:[ -]\d{2,}){2,}(?![\w-])/g, (all) =>
        all
          .split(/[ -]/)
          .map((group) => digitByDigit(group))
          .join(', '),
      )
      .replace(/(?<![\w.,/-])(\d+)\/(\d+)(?![\w/-])/g, (all) => FRACTIONS[all] ?? all.replace('/', ' slash '))
      .replace(/(?<![\w.,-])(\d{1,4}) ?- ?(\d{1,4})(?![\w-])/g, (_all, from: string, to: string) =>
        isYear(from) && isYear(to) ? `${year(from)} to ${year(to)}` : `${from} to ${to}`,
      )
      .replace(
        MEASURE,
        (_all, sign: string, amount: string, unit: string) =>
          `${decimal(sign + amount)} ${UNITS[unit.toLowerCase()]![amount === '1' ? 0 : 1]}`,
      )
      .replace(
        MAGNIFIED,
        (_all, amount: string, scale: string) => `${decimal(amount)} ${MAGNITUDES[scale.toLowerCase()]!}`,
      )
      .replace(/(?<![\w.])(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b/gi, (_all, digits: string) =>
        ordinal(digits.replaceAll(',', '')),
      )
      .replace(/(?<![\w'])(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]+(?:(?<=\d)\.\d+)*(?!\w)/gi, speakMixed)
      .replace(ANY_NUMBER, (_all, sign: string, amount: string) => ` ${sign ? 'minus ' : ''}${speakAmount(amount)} `)
  );
}

function isYear(digits: string): boolean {
  return /^(?:19|20)\d\d$/.test(digits);
}

function longestFirst(a: string, b: string): number {
  return b.length - a.length;
}

function speakAmount(amount: string): string {
  const plain = /^\d+$/.test(amount);
  // Seven digits without a comma, or five that are not round, are the name of something.
  if (plain && amount.length >= 5 && !amount.endsWith(amount.length >= 7 ? '000' : '00')) return digitByDigit(amount);
  return decimal(amount);
}

/** `B22`, `5G`, `AB12CD`: letters by name, short numbers counted, others digit by digit; a word stays a word. */
function speakMixed(code: string): string {
  const parts = code.match(/[a-z]+|\d+(?:\.\d+)*/gi) ?? [];
  return parts
    .map((part) => {
      if (part.includes('.')) return decimal(part);
      if (/^\d/.test(part)) return parts.length === 2 && /^[1-9]\d?$/.test(part) ? cardinal(part) : digitByDigit(part);
      return /^[a-z]{3,}$|^[A-Z][a-z]{2,}$/.test(part) ? part : [...part.toUpperCase()].join(' ');
    })
    .join(' ');
}
