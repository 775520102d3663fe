/**
 * Written text as a person would read it aloud: plain English words and punctuation, no digit and no sign left.
 * What can be read as it stands is not touched, and speaking twice changes nothing more.
 */
import { speakDates } from '#speech/speak-dates.js';
import { speakMoney } from '#speech/speak-money.js';
import { speakNumbers } from '#speech/speak-numbers.js';
import { speakPhoneNumbers } from '#speech/speak-phone-numbers.js';
import { speakTimes } from '#speech/speak-times.js';

/** May come back empty: then there was nothing to speak. */
export function spokenText(text: string): string {
  // The order matters: each step leaves words behind that the later ones do not see.
  const steps = [
    plainCharacters,
    speakLines,
    speakAddresses,
    speakAbbreviations,
    speakDates,
    speakTimes,
    speakMoney,
    speakPhoneNumbers,
    speakNumbers,
    speakSigns,
    tidy,
  ];
  return steps.reduce((current, step) => step(current), text);
}

const LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'Ae',
  œ: 'oe',
  Œ: 'Oe',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};

/** One form per character: no accents, ligatures, curly quotes or wide digits; pictures and other scripts are dropped. */
function plainCharacters(text: string): string {
  return text
    .replace(/[™®©℠\u200B-\u200F\u2060\uFEFF]|\uFE0F|\u20E3/g, '')
    .replace(/²/g, ' squared')
    .replace(/³/g, ' cubed')
    .replace(/№/g, 'number ')
    .replace(/(\d)(?=[½⅓⅔¼¾⅛])/g, '$1 and ')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[ßæÆœŒøØłŁđĐðþı]/g, (letter) => LETTERS[letter]!)
    .replace(/[‘’ʼ′]/g, "'")
    .replace(/[“”«»„″]/g, '"')
    .replace(/[‐‑‒−]/g, '-')
    .replace(/(\d|[ap]\.?m\.?) ?– ?(?=[\d$€£¥₹])/gi, '$1-')
    .replace(/[–—]/g, ', ')
    .replace(/⁄/g, '/')
    .replace(/[^\x20-\x7e\n\t€£¥₹¢°]/g, ' ');
}

/** A new line that starts like a sentence or a list item ends the sentence before it; any other is a space. */
function speakLines(text: string): string {
  return text
    .replace(/[ \t]+/g, ' ')
    .replace(/(^|\n) ?[-*•] (?=\S)/g, '$1')
    .replace(/([^\s.!?:;,]) ?\n\s*(?=[A-Z\d]|\n)/g, '$1. ')
    .replace(/\s+/g, ' ');
}

/** Web and mail addresses, with their dots and slashes named. */
function speakAddresses(text: string): string {
  return text
    .replace(/(?<!\w)(?:https?:\/\/)(?:www\.)?([^\s<>"]*[^\s<>".,;:!?)\]'])/gi, (_all, rest: string) => nameSigns(rest))
    .replace(/(?<![\w@.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/g, (all) => nameSigns(all))
    .replace(
      /(?<![\w@.-])(?:www\.)?((?:[a-z\d-]{1,63}\.){1,8}(?:com|org|net|edu|gov|io|co|us|uk|info|biz|app|dev|me|ai)(?:\/[^\s<>"]*[^\s<>".,;:!?)\]'])?)(?![\w@-])/gi,
      (_all, rest: string) => nameSigns(rest),
    );
}

function nameSigns(address: string): string {
  return address
    .replace(/\/$/, '')
    .replace(/\./g, ' dot ')
    .replace(/\//g, ' slash ')
    .replace(/@/g, ' at ')
    .replace(/-/g, ' dash ')
    .replace(/_/g, ' underscore ')
    .replace(/\+/g, ' plus ')
    .replace(/[?&=#%:~]+/g, ' ');
}

/** Without the full stop; in the capital letters in which they are met. */
const ALWAYS: Record<string, string> = {
  'Mr.': 'Mister',
  'Mrs.': 'Missus',
  'Ms.': 'Miz',
  'Prof.': 'Professor',
  'Rev.': 'Reverend',
  'Hon.': 'Honorable',
  'Gov.': 'Governor',
  'Sen.': 'Senator',
  'Lt.': 'Lieutenant',
  'Sgt.': 'Sergeant',
  'Capt.': 'Captain',
  'vs.': 'versus',
  'e.g.': 'for example',
  'i.e.': 'that is',
  'approx.': 'approximately',
  'est.': 'estimated',
  'avg.': 'average',
  'max.': 'maximum',
  'incl.': 'including',
  'pkg.': 'package',
  'acct.': 'account',
  'amt.': 'amount',
  'qty.': 'quantity',
  'bldg.': 'building',
  'mgr.': 'manager',
  'tel.': 'telephone',
  'appt.': 'appointment',
  'w/o': 'without',
  'w/': 'with ',
  'and/or': 'and or',
};
/** These may also end a sentence, and then leave it its full stop. */
const MAY_END: Record<string, string> = {
  'etc.': 'et cetera',
  'Jr.': 'Junior',
  'Sr.': 'Senior',
  'Inc.': 'Incorporated',
  'Ltd.': 'Limited',
  'Corp.': 'Corporation',
  'Co.': 'Company',
  'dept.': 'department',
  'Dept.': 'Department',
  'Ave.': 'Avenue',
  'Blvd.': 'Boulevard',
  'Rd.': 'Road',
  'Hwy.': 'Highway',
  'Pkwy.': 'Parkway',
  'Ste.': 'Suite',
  'Apt.': 'Apartment',
  'apt.': 'apartment',
  'U.S.A.': 'U S A',
  'U.S.': 'U S',
  'U.K.': 'U K',
  'D.C.': 'D C',
  'Ph.D.': 'P H D',
  'M.D.': 'M D',
};

const ALWAYS_SHORT = new RegExp(anyOf(ALWAYS), 'g');
const MAY_END_SHORT = new RegExp(`${anyOf(MAY_END)}(?=( [A-Z]|\\s*$)?)`, 'g');

function anyOf(table: Record<string, string>): string {
  const choices = Object.keys(table).map((short) => short.replaceAll('.', '\\.'));
  return `(?<![\\w.])(?:${choices.join('|')})(?!\\w)`;
}

const DIRECTIONS: Record<string, string> = { N: 'North', S: 'South', E: 'East', W: 'West' };

function speakAbbreviations(text: string): string {
  const shouting = !/[a-z]/.test(text);
  return (
    text
      .replace(/(?<=\d )([NSEW])\. ?(?=[A-Z\d])/g, (_all, letter: string) => `${DIRECTIONS[letter]!} `)
      // A street after a house number or a capitalised name, else a saint or a doctor.
      .replace(
        /((?:\d+ (?:[A-Z\d][\w']* ){1,3}|\d(?:st|nd|rd|th) |[a-z] [A-Z][a-z]+ ))(St|Dr)\.(?=( [A-Z]|\s*$)?)/g,
        (all, before: string, short: string, end: string | undefined) => {
          if (short === 'Dr' && end !== undefined && end.trim() && !/^\d/.test(before)) return all;
          return `${before}${short === 'St' ? 'Street' : 'Drive'}${end === undefined ? '' : '.'}`;
        },
      )
      .replace(/(?<!\w)St\. ?(?=[A-Z])/g, 'Saint ')
      .replace(/(?<!\w)Dr\.? ?(?=[A-Z])/g, 'Doctor ')
      .replace(/(?<!\w)(?:No|no|Nos|nos)\. ?(?=\d)/g, 'number ')
      .replace(ALWAYS_SHORT, (short) => ALWAYS[short]!)
      .replace(MAY_END_SHORT, (short: string, end?: string) => `${MAY_END[short]!}${end === undefined ? '' : '.'}`)
      .replace(
        /(?<![\w.])(?:[A-Z]\.){2,}(?=(\s*$)?)/g,
        (letters, end: string | undefined) => letters.replaceAll('.', ' ').trim() + (end === undefined ? '' : '.'),
      )
      // Initials: "J. R. Smith", "George W. Bush".
      .replace(/(?<![\w.']|[A-Z] )([A-HJ-Z])\. ?(?=[A-Z])/g, '$1 ')
      .replace(/(?<!\w)([A-Z])&([A-Z])(?!\w)/g, '$1 and $2')
      .replace(/(?<![\w'])(?:ID|IDs|US|IT)(?![\w'])/g, (word) =>
        shouting ? word : [...word.replace('s', '')].join(' ') + (word.endsWith('s') ? "'s" : ''),
      )
  );
}

function speakSigns(text: string): string {
  return text
    .replace(/\*\*/g, ' ')
    .replace(/(?<![\w*])\*(?![\w*])/g, ' star ')
    .replace(/(?<![\w#])#(?![\w#])/g, ' pound ')
    .replace(/#(?=\w)/g, ' hashtag ')
    .replace(/~ ?(?=\w)/g, ' about ')
    .replace(/&/g, ' and ')
    .replace(/@/g, ' at ')
    .replace(/\+/g, ' plus ')
    .replace(/=/g, ' equals ')
    .replace(/%/g, ' percent ')
    .replace(/°/g, ' degrees ')
    .replace(/\$/g, ' dollars ')
    .replace(/€/g, ' euros ')
    .replace(/£/g, ' pounds ')
    .replace(/[¥₹¢]/g, ' ')
    .replace(/[()[\]{}|]/g, ', ')
    .replace(/ -+ /g, ', ')
    .replace(/[/\\_<>^`"*#~]/g, ' ')
    .replace(/(?<![a-z])'|'(?![a-z])/gi, ' ')
    .replace(/(?<![a-z])-|-(?![a-z])/gi, ' ');
}

/** Single spaces, one mark of punctuation at a time, none at the start. */
function tidy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\.{2,}(?= [a-z])/g, ',')
    .replace(/ +(?=[.,;:!?])/g, '')
    .replace(/([,;:])[,;:]+/g, '$1')
    .replace(/[,;:](?=[.!?])/g, '')
    .replace(/([.!?])[.,;:!?]+/g, (marks) => (marks.includes('?') ? '?' : marks[0]!))
    .replace(/([,;:!?])(?=[a-z])/gi, '$1 ')
    .replace(/^[\s.,;:!?-]+/, '')
    .trim();
}
