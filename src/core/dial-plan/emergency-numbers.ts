/**
 * Numbers for help by country calling code, as they are dialled there: 112 in the European Union (Directive (EU) 2018/1972,
 * article 109), 911 in the North American Numbering Plan (47 CFR 9.3), else those of each country's numbering plan as it is
 * notified under ITU-T E.129. Where several services have a number of their own, all are here: whoever dials 15 in France
 * needs the ambulance.
 */
const BY_COUNTRY_CODE: Readonly<Record<string, readonly string[]>> = table(`
  1 911 | 7 112 101 102 103 104 | 20 112 122 123 180 | 27 112 10111 10177 | 30 112 100 108 166 199 | 31 112
  32 112 100 101 | 33 112 15 17 18 114 115 119 191 196 | 34 112 061 062 080 091 092 | 36 112 104 105 107
  39 112 113 115 118 1530 | 40 112 | 41 112 117 118 144 1414 | 43 112 122 133 140 144 | 44 999 112 | 45 112
  46 112 | 47 112 110 113 | 48 112 997 998 999 | 49 112 110 | 51 105 106 116 | 52 911 | 53 104 105 106
  54 911 100 101 107 | 55 190 192 193 112 911 | 56 131 132 133 | 57 123 112 | 58 911 171 | 60 999 112 | 61 000 112 106
  62 112 110 113 118 119 | 63 911 112 | 64 111 112 | 65 995 999 112 | 66 191 1669 199 1155 | 81 110 118 119 | 82 112 119
  84 112 113 114 115 | 86 110 119 120 122 | 90 112 | 91 112 100 101 102 108 | 92 15 16 1122 115 | 93 119 102
  94 119 118 110 | 95 199 191 192 | 98 110 115 125 112 | 212 15 19 177 112 | 213 1548 14 17 112 | 216 190 197 198
  218 1515 | 220 116 117 118 | 221 15 17 18 | 225 110 111 170 180 | 227 15 17 18 | 228 117 118 8200 | 229 117 118 112
  230 999 112 114 115 | 233 112 191 192 193 | 234 112 199 | 237 112 117 118 119 | 243 112 118 | 244 111 112 113 115
  250 112 | 251 911 991 939 907 | 254 999 112 911 | 255 112 114 115 | 256 999 112 | 257 112 117 118 | 258 112 117 119 198
  260 999 991 993 112 | 261 117 118 | 262 112 15 17 18 114 115 | 263 999 112 993 994 995 | 264 10111 112 | 265 997 998 999
  267 999 997 998 911 112 | 268 999 933 977 | 297 911 | 299 112 | 350 112 999 190 199 | 351 112 | 352 112 113
  353 112 999 | 354 112 | 355 112 127 128 129 | 356 112 | 357 112 199 | 358 112 | 359 112 | 370 112 | 371 112 110 113
  372 112 | 373 112 | 374 112 101 102 103 911 | 375 112 101 102 103 | 376 112 110 116 118 | 377 112 15 17 18
  378 112 113 115 118 | 380 112 101 102 103 | 381 112 192 193 194 | 382 112 122 123 124 | 383 112 192 193 194
  385 112 192 193 194 | 386 112 113 | 387 112 122 123 124 | 389 112 192 193 194 | 420 112 150 155 156 158
  421 112 150 155 158 159 | 423 112 117 118 144 | 501 911 90 | 502 110 120 122 123 | 503 911 | 504 911 | 505 118 115 128
  506 911 | 507 911 103 104 | 508 15 17 18 112 | 509 114 115 116 | 590 112 15 17 18 | 591 110 118 119 911 | 592 911 912 913
  593 911 | 594 112 15 17 18 | 595 911 | 596 112 15 17 18 | 597 115 110 113 | 598 911 | 599 911 912 | 670 112 | 673 991 993 995
  674 110 112 | 675 111 110 000 | 676 911 999 | 677 999 | 678 112 | 679 911 910 917 | 685 999 994 995 996 | 687 15 17 18 112
  689 15 17 18 112 | 852 999 112 | 853 999 112 | 855 117 118 119 | 856 1191 1190 1195 | 880 999 | 886 110 119 112
  960 119 102 118 | 961 112 140 175 999 | 962 911 112 | 963 110 112 113 | 964 911 104 115 122 | 965 112 | 966 911 999 112 997 998
  967 194 191 199 | 968 9999 | 970 100 101 102 | 971 999 998 997 112 | 972 100 101 102 112 | 973 999 112 | 974 999 112
  975 110 112 113 | 976 101 102 103 105 | 977 100 101 102 | 992 112 101 102 103 | 993 112 101 102 103 | 994 112 101 102 103
  995 112 | 996 112 101 102 103 | 998 112 101 102 103`);

/** Understood everywhere, whatever the country: 3GPP TS 22.101, section 10.1.1. */
const EVERYWHERE = ['112', '911'];
/** What a mobile without a card takes for a call for help, as nobody knows its country (the same section). */
const WITHOUT_COUNTRY = ['112', '911', '000', '08', '110', '118', '119', '999'];

/** What people dial before a number where their last telephone system wanted it. */
const OUTSIDE_LINE = ['0', '9'];

/** Those of every country. */
const ANYWHERE: ReadonlySet<string> = new Set([
  ...EVERYWHERE,
  ...WITHOUT_COUNTRY,
  ...Object.values(BY_COUNTRY_CODE).flat(),
]);

/** Whether people dial it for help in some country. */
export function isEmergencyNumber(digits: string): boolean {
  return ANYWHERE.has(digits);
}

/** The number for help that was dialled, if it is one in some country: whether it is one here, only the account's numbers tell. */
export function emergencyAnywhere(digits: string): string | undefined {
  return emergencyDialled(digits, ANYWHERE);
}

/** The numbers for help where an account is at home; `countryCodes`: calling codes of its numbers, as digits. */
export function emergencyNumbers(countryCodes: readonly string[]): ReadonlySet<string> {
  if (countryCodes.length === 0) return new Set(WITHOUT_COUNTRY);
  return new Set([...EVERYWHERE, ...countryCodes.flatMap((code) => BY_COUNTRY_CODE[code] ?? WITHOUT_COUNTRY)]);
}

/** Those that people dial in the countries of the codes, without what is understood everywhere besides. */
export function ofCountries(countryCodes: readonly string[]): string[] {
  const numbers = countryCodes.flatMap((code) => BY_COUNTRY_CODE[code] ?? EVERYWHERE);
  return [...new Set(numbers.length === 0 ? EVERYWHERE : numbers)];
}

/**
 * The number for help that was dialled (rule 11), as it is dialled outside: with what other systems want dialled first, too
 * (47 CFR 9.16: without it, always). Undefined: it is none.
 */
export function emergencyDialled(digits: string, numbers: ReadonlySet<string>): string | undefined {
  if (numbers.has(digits)) return digits;
  const behind = OUTSIDE_LINE.includes(digits.charAt(0)) ? digits.slice(1) : '';
  // Shorter ones would take ordinary numbers away: 015… is none of France's.
  return behind.length >= 3 && numbers.has(behind) ? behind : undefined;
}

function table(text: string): Record<string, string[]> {
  return Object.fromEntries(
    text.split('|').map((entry) => {
      const [code = '', ...numbers] = entry.trim().split(/\s+/);
      return [code, numbers];
    }),
  );
}
