/**
 * Country codes that belong to one country (ITU-T E.164 assignments), with its ISO 3166-1 code. Left out are those that
 * several share: 7, 39, 44, 47, 61, 212, 262, 358, 590, 599, and the international ones. 1 has a table of its own.
 */
const COUNTRIES = table(`
  20 EG 27 ZA 30 GR 31 NL 32 BE 33 FR 34 ES 36 HU 40 RO 41 CH 43 AT 45 DK 46 SE 48 PL 49 DE 51 PE 52 MX 53 CU 54 AR
  55 BR 56 CL 57 CO 58 VE 60 MY 62 ID 63 PH 64 NZ 65 SG 66 TH 81 JP 82 KR 84 VN 86 CN 90 TR 91 IN 92 PK 93 AF 94 LK
  95 MM 98 IR 211 SS 213 DZ 216 TN 218 LY 220 GM 221 SN 222 MR 223 ML 224 GN 225 CI 226 BF 227 NE 228 TG 229 BJ
  230 MU 231 LR 232 SL 233 GH 234 NG 235 TD 236 CF 237 CM 238 CV 239 ST 240 GQ 241 GA 242 CG 243 CD 244 AO 245 GW
  246 IO 248 SC 249 SD 250 RW 251 ET 252 SO 253 DJ 254 KE 255 TZ 256 UG 257 BI 258 MZ 260 ZM 261 MG 263 ZW 264 NA
  265 MW 266 LS 267 BW 268 SZ 269 KM 291 ER 297 AW 298 FO 299 GL 350 GI 351 PT 352 LU 353 IE 354 IS 355 AL 356 MT
  357 CY 359 BG 370 LT 371 LV 372 EE 373 MD 374 AM 375 BY 376 AD 377 MC 378 SM 380 UA 381 RS 382 ME 385 HR 386 SI
  387 BA 389 MK 420 CZ 421 SK 423 LI 500 FK 501 BZ 502 GT 503 SV 504 HN 505 NI 506 CR 507 PA 508 PM 509 HT 591 BO
  592 GY 593 EC 594 GF 595 PY 596 MQ 597 SR 598 UY 670 TL 673 BN 674 NR 675 PG 676 TO 677 SB 678 VU 679 FJ 680 PW
  681 WF 682 CK 683 NU 685 WS 686 KI 687 NC 688 TV 689 PF 690 TK 691 FM 692 MH 850 KP 852 HK 853 MO 855 KH 856 LA
  880 BD 886 TW 960 MV 961 LB 962 JO 963 SY 964 IQ 965 KW 966 SA 967 YE 968 OM 970 PS 971 AE 972 IL 973 BH 974 QA
  975 BT 976 MN 977 NP 992 TJ 993 TM 994 AZ 995 GE 996 KG 998 UZ
  1242 BS 1246 BB 1264 AI 1268 AG 1284 VG 1340 VI 1345 KY 1441 BM 1473 GD 1649 TC 1658 JM 1664 MS 1670 MP 1671 GU
  1684 AS 1721 SX 1758 LC 1767 DM 1784 VC 1787 PR 1809 DO 1829 DO 1849 DO 1868 TT 1869 KN 1876 JM 1939 PR`);

/** Area codes of the North American Numbering Plan that are Canada's. */
const CANADA = words(`
  204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 387 403 416 418 428 431 437 438 450 468 474 506 514 519
  548 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 873 879 902 905`);

/** Those that belong to no country: toll-free, premium, personal and special services, and 555, which nobody has. */
const OF_NO_COUNTRY = words(`
  500 521 522 523 524 525 526 527 528 529 532 533 535 538 542 543 544 545 546 547 549 550 552 553 554 555 556 566 558
  569 577 578 588 589 600 622 700 710 800 822 833 844 855 866 877 880 881 882 883 884 885 886 887 888 889 900 950`);

/** The ISO 3166-1 code of the country that a number belongs to; undefined where its digits do not say. */
export function numberCountry(number: string): string | undefined {
  const digits = number.slice(1);
  const area = digits.slice(1, 4);
  for (const length of [4, 3, 2]) {
    const country = COUNTRIES.get(digits.slice(0, length));
    if (country !== undefined) return country;
  }
  if (
    !digits.startsWith('1') ||
    digits.length !== 11 ||
    OF_NO_COUNTRY.has(area) ||
    !/^[2-9](?!11)[0-8]\d$/.test(area)
  ) {
    return undefined;
  }
  return CANADA.has(area) ? 'CA' : 'US';
}

function words(text: string): Set<string> {
  return new Set(text.trim().split(/\s+/));
}

function table(text: string): Map<string, string> {
  return new Map([...text.matchAll(/(\d+) ([A-Z]{2})/g)].map(([, code = '', country = '']) => [code, country]));
}
