/** Sums of money: `$12.50` -> "twelve dollars and fifty cents". */
import { cardinal, decimal } from '#speech/speak-numbers.js';

interface Currency {
  one: string;
  many: string;
  /** Of a hundredth, one and many; without it there is none in use. */
  cents?: [one: string, many: string];
}

const DOLLAR: Currency = { one: 'dollar', many: 'dollars', cents: ['cent', 'cents'] };
const EURO: Currency = { one: 'euro', many: 'euros', cents: ['cent', 'cents'] };
const POUND: Currency = { one: 'pound', many: 'pounds', cents: ['penny', 'pence'] };
const YEN: Currency = { one: 'yen', many: 'yen' };
const RUPEE: Currency = { one: 'rupee', many: 'rupees', cents: ['paisa', 'paise'] };

const CURRENCIES: Record<string, Currency> = {
  $: DOLLAR,
  '€': EURO,
  '£': POUND,
  '¥': YEN,
  '₹': RUPEE,
  US$: DOLLAR,
  USD: DOLLAR,
  EUR: EURO,
  GBP: POUND,
  JPY: YEN,
  INR: RUPEE,
  CAD: { one: 'Canadian dollar', many: 'Canadian dollars', cents: ['cent', 'cents'] },
  AUD: { one: 'Australian dollar', many: 'Australian dollars', cents: ['cent', 'cents'] },
  CHF: { one: 'Swiss franc', many: 'Swiss francs', cents: ['centime', 'centimes'] },
};

const SCALES: Record<string, string> = { k: 'thousand', m: 'million', b: 'billion', bn: 'billion', t: 'trillion' };

const SPANS: Record<string, string> = { mo: 'month', yr: 'year', wk: 'week', hr: 'hour' };

const SIGN = String.raw`US\$|[$€£¥₹]`;
const CODE = 'USD|EUR|GBP|JPY|INR|CAD|AUD|CHF';
const SUM = String.raw`(\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+,\d\d(?![\d,])|\d+(?:\.\d+)?|\.\d\d)`;
const SCALE = String.raw`(?: (thousand|million|billion|trillion)\b|(k|m|bn?|t)\b)?`;

const RANGE = new RegExp(`((?:${SIGN})[\\d.,]*\\d) ?- ?(?:${SIGN})?(?=\\d)`, 'g');
const SIGN_FIRST = new RegExp(
  `(?<!\\w)(-)?(${SIGN}|(?:${CODE}) ?)(-)?${SUM}${SCALE}(?: (?:${CODE})\\b)?(/(?=[a-z])(?:(mo|yr|wk|hr)\\b\\.?)?)?`,
  'gi',
);
const SIGN_LAST = new RegExp(`(?<![\\w.,-])(-)?${SUM}${SCALE} ?([€£¥₹]|(?:${CODE})\\b)`, 'gi');

export function speakMoney(text: string): string {
  return text
    .replace(RANGE, (_all, from: string) => `${from} to ${/^\D+/.exec(from)![0]}`)
    .replace(SIGN_FIRST, (all: string, ...rest: unknown[]) => {
      const [minus, sign, otherMinus, sum, word, suffix, per, span] = rest as (string | undefined)[];
      return (
        speakSum(sign!.trim(), sum!, word ?? suffix, Boolean(minus ?? otherMinus)) +
        (per ? ` per ${span ? SPANS[span.toLowerCase()]! : ''}` : '') +
        (/\s$/.test(all) ? ' ' : '')
      );
    })
    .replace(SIGN_LAST, (_all, minus: string | undefined, sum: string, word, suffix, sign: string) =>
      speakSum(sign, sum, (word ?? suffix) as string | undefined, Boolean(minus)),
    )
    .replace(/(?<![\w.,])(\d+) ?¢/g, (_all, cents: string) => `${cardinal(cents)} ${cents === '1' ? 'cent' : 'cents'}`);
}

function speakSum(sign: string, sum: string, scale: string | undefined, negative: boolean): string {
  const currency = CURRENCIES[sign.toUpperCase()]!;
  const minus = negative ? 'minus ' : '';
  // A comma before two last digits is a decimal comma.
  const plain = /,\d\d$/.test(sum) ? sum.replace(',', '.') : sum.replaceAll(',', '');
  if (scale !== undefined) {
    return `${minus}${decimal(plain)} ${SCALES[scale.toLowerCase()] ?? scale.toLowerCase()} ${currency.many}`;
  }
  const [written = '', fraction = ''] = plain.split('.');
  const whole = written.replace(/^0+(?=\d)/, '') || '0';
  const counted = `${cardinal(whole)} ${whole === '1' ? currency.one : currency.many}`;
  if (Number(fraction) === 0) return minus + counted;
  if (!currency.cents || fraction.length > 2) return `${minus}${decimal(plain)} ${currency.many}`;
  const cents = String(Number(fraction.padEnd(2, '0')));
  const smaller = `${cardinal(cents)} ${currency.cents[cents === '1' ? 0 : 1]}`;
  return minus + (whole === '0' ? smaller : `${counted} and ${smaller}`);
}
