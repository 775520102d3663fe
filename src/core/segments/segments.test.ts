import { describe, expect, it } from 'vitest';
import { charactersBeyond, encodeText, NATIONAL_TABLES, partsOf, readGsm7, tablesFor } from '#core/segments/index.js';
import { septetsOf } from '#core/segments/encoding.js';
import { capacityOf } from '#core/segments/parts.js';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

describe('the default alphabet (3GPP TS 23.038, 6.2.1)', () => {
  it.each([
    ['@£$¥', '00010203'],
    ['èéùìòÇ', '040506070809'],
    ['ØøÅå', '0b0c0e0f'],
    ['Δ_ΦΓΛΩΠΨΣΘΞ', '101112131415161718191a'],
    ['ÆæßÉ', '1c1d1e1f'],
    [' !"#¤%&', '20212223242526'],
    ['Az¡¿§', '417a40605f'],
    ['ÄÖÑÜäöñüà', '5b5c5d5e7b7c7d7e7f'],
    ['^{}\\[~]|€', '1b141b281b291b2f1b3c1b3d1b3e1b401b65'],
    ['\n\r\f', '0a0d1b0a'],
  ])('%j is %s', (text, septets) => {
    expect(encodeText(text, { smart: false })).toMatchObject({ encoding: 'gsm7', segments: 1 });
    expect(hex(partsOf(text, 'gsm7', 0)[0]?.body)).toBe(septets);
  });

  it('has 127 characters and ten in its extension', () => {
    const sizes = [...septetsOf('gsm7').values()].map(({ length }) => length);
    expect(sizes.filter((length) => length === 1)).toHaveLength(127);
    expect(sizes.filter((length) => length === 2)).toHaveLength(10);
  });
});

describe('national tables (annex A)', () => {
  it.each([
    ['gsm7:tr-single', 'ĞİŞçğış', '1b471b491b531b631b671b691b73', '03240101'],
    ['gsm7:es-single', 'çÁÍÓÚáíóú', '1b091b411b491b4f1b551b611b691b6f1b75', '03240102'],
    [
      'gsm7:pt-single',
      'êçÔôÁáΦΓ^ΩÊÀÃÕÂãõâ',
      '1b051b091b0b1b0c1b0e1b0f12131b14151b1f1b411b5b1b5c1b611b7b1b7c1b7f',
      '03240103',
    ],
    ['gsm7:tr-locking', '€ıĞğŞşİç', '04070b0c1c1d4060', '03250101'],
    [
      'gsm7:pt-locking',
      'êúíóçÔôÁáªÇÀ∞^\\€Ó|ÂâÊºÍÃÕÚ~ãõ`',
      '04060708090b0c0e0f12131415161718191a1c1d1e24405b5c5d607b7c7d',
      '03250103',
    ],
    ['gsm7:tr-locking+es-single', 'ş€áÍ', '1d041b611b49', '06240102250101'],
  ])('%s writes %s', (encoding, text, septets, header) => {
    const [part] = partsOf(text, encoding, 9);
    expect(hex(part?.body)).toBe(septets);
    expect(hex(part?.header)).toBe(header);
  });

  it('are taken only where they are allowed and save a part', () => {
    const short = 'Kızım, çabuk gel';
    const long = `${'Siparişiniz kargoya verildi, iyi günler dileriz. '.repeat(3)}`;
    expect(encodeText(long)).toMatchObject({ encoding: 'ucs2', segments: 3 });
    expect(encodeText(long, { tables: ['tr'] })).toMatchObject({ encoding: 'gsm7:tr-single', segments: 1 });
    expect(encodeText(short, { tables: ['tr'] })).toMatchObject({ encoding: 'ucs2', segments: 1 });
    expect(tablesFor('+905321234567')).toEqual(['tr']);
    expect(tablesFor('+34612345678')).toEqual([]);
  });

  it('are not named where the default alphabet does', () => {
    expect(encodeText('a'.repeat(400), { tables: NATIONAL_TABLES }).encoding).toBe('gsm7');
  });
});

describe('lengths (3GPP TS 23.040, 9.2.3.24)', () => {
  it.each([
    ['gsm7', 160, 153],
    ['gsm7:tr-single', 155, 149],
    ['gsm7:tr-locking', 155, 149],
    ['gsm7:tr-locking+es-single', 152, 146],
    ['ucs2', 70, 67],
  ])('%s: %i alone, %i of several', (encoding, alone, ofSeveral) => {
    expect(capacityOf(encoding, false)).toBe(alone);
    expect(capacityOf(encoding, true)).toBe(ofSeveral);
  });

  it.each([
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    ['я'.repeat(70), 1],
    ['я'.repeat(71), 2],
    ['я'.repeat(134), 2],
    ['я'.repeat(135), 3],
    ['😀'.repeat(35), 1],
    ['😀'.repeat(66), 2],
    ['😀'.repeat(67), 3],
  ])('%#: %j has %i', (text, segments) => {
    expect(encodeText(text).segments).toBe(segments);
  });
});

describe('parts', () => {
  it('carry the concatenation with a reference of 8 bits', () => {
    const headers = partsOf('a'.repeat(400), 'gsm7', 0xc7).map(({ header }) => hex(header));
    expect(headers).toEqual(['050003c70301', '050003c70302', '050003c70303']);
    const national = partsOf('ş'.repeat(80), 'gsm7:tr-single', 5).map(({ header }) => hex(header));
    expect(national).toEqual(['080003050201240101', '080003050202240101']);
  });

  it('never cut an escape sequence from its character', () => {
    const [first, second] = partsOf(`${'a'.repeat(152)}€${'b'.repeat(20)}`, 'gsm7', 1);
    expect(first?.body).toHaveLength(152);
    expect(hex(second?.body.subarray(0, 2))).toBe('1b65');
  });

  it('never cut a surrogate pair, nor what is read as one character', () => {
    const [first, second] = partsOf(`${'я'.repeat(66)}😀${'я'.repeat(10)}`, 'ucs2', 1);
    expect(first?.body).toHaveLength(132);
    expect(hex(second?.body.subarray(0, 4))).toBe('d83dde00');
    const family = '👨‍👩‍👧‍👦';
    const parts = partsOf(`${'я'.repeat(60)}${family}${'я'.repeat(10)}`, 'ucs2', 1);
    expect(
      Buffer.from(parts[1]?.body ?? [])
        .swap16()
        .toString('utf16le'),
    ).toBe(family + 'я'.repeat(10));
  });

  it('cut a character that is longer than a part between its code points', () => {
    const endless = `e${'\u0301'.repeat(150)}`;
    const parts = partsOf(endless, 'ucs2', 1);
    expect(parts.map(({ body }) => body.length / 2)).toEqual([67, 67, 17]);
  });
});

describe('typographic characters', () => {
  it('are written plainly where that makes the text 7 bit', () => {
    expect(encodeText('“It’s 5–6 o’clock…”\u00a0Yes\u200b')).toEqual({
      encoding: 'gsm7',
      text: '"It\'s 5-6 o\'clock..." Yes',
      segments: 1,
    });
    expect(encodeText('cafe\u0301')).toMatchObject({ encoding: 'gsm7', text: 'café' });
  });

  it('stay where the text is none all the same, and where nobody wants it', () => {
    expect(encodeText('“Привет”')).toMatchObject({ encoding: 'ucs2', text: '“Привет”' });
    expect(encodeText('It’s', { smart: false })).toMatchObject({ encoding: 'ucs2', text: 'It’s' });
  });

  it('are told apart from those that force UCS-2', () => {
    expect(charactersBeyond('“Привет” 😀', {}, 20)).toEqual(['П', 'р', 'и', 'в', 'е', 'т', '😀']);
    expect(charactersBeyond('ş’', { smart: false, tables: ['tr'] }, 20)).toEqual(['’']);
    expect(charactersBeyond('абвгд', {}, 2)).toEqual(['а', 'б']);
  });
});

describe('reading', () => {
  it.each([
    ['48656c6c6f1b65', '', 'Hello€'],
    ['1b541b1b41', '', 'T A'],
    ['1b49041d', '03250101', 'I€ş'],
    ['1b491d', '03240101', 'İæ'],
    ['1b491d', '080003010201240101', 'İæ'],
    ['1b491d', '03240177', 'Iæ'],
    ['41', '03', 'A'],
    ['1b', '', ' '],
  ])('%s after the header %j is %j', (septets, header, text) => {
    expect(readGsm7(Buffer.from(septets, 'hex'), Buffer.from(header, 'hex'))).toBe(text);
  });
});

describe('any text', () => {
  const alphabets = {
    gsm7: [...septetsOf('gsm7').keys()],
    national: [...new Set(NATIONAL_TABLES.flatMap((table) => [...septetsOf(`gsm7:${table}-single`).keys()]))],
    anything: ['a', 'я', '字', '😀', '👨‍👩‍👧‍👦', 'e\u0301', '€', '“', '\ud83d', '\n', '🇩🇪'],
  };

  it.each(Object.entries(alphabets))(
    'of %s is the same when its parts are joined, and no part is too long',
    (_, of) => {
      const random = randomFrom(7);
      for (let round = 0; round < 150; round += 1) {
        const text = Array.from({ length: 1 + random(600) }, () => of[random(of.length)]).join('');
        const encoded = encodeText(text, { smart: random(2) === 0, tables: NATIONAL_TABLES });
        const reference = random(256);
        const parts = partsOf(encoded.text, encoded.encoding, reference);
        expect(parts).toHaveLength(encoded.segments);
        expect(parts.map(({ body }) => readBack(body, encoded.encoding)).join('')).toBe(encoded.text);
        if (encoded.encoding !== 'ucs2') {
          expect(parts.map(({ body, header }) => readGsm7(body, header)).join('')).toBe(encoded.text);
        }
        for (const { header, body } of parts) {
          const octets = encoded.encoding === 'ucs2' ? body.length : Math.ceil((header.length * 8) / 7) + body.length;
          expect(encoded.encoding === 'ucs2' ? octets + header.length <= 140 : octets <= 160).toBe(true);
        }
        expect(partsOf(encoded.text, encoded.encoding, reference)).toEqual(parts);
      }
    },
  );
});

/** Reads a body without the code that wrote it: by the same tables the other way round. */
function readBack(body: Uint8Array, encoding: string): string {
  if (encoding === 'ucs2') {
    return String.fromCharCode(
      ...Array.from({ length: body.length / 2 }, (_, at) => (body[2 * at]! << 8) | body[2 * at + 1]!),
    );
  }
  const characters = new Map([...septetsOf(encoding)].map(([character, septets]) => [septets.join(), character]));
  let text = '';
  for (let at = 0; at < body.length; at += 1) {
    const septets = body[at] === 0x1b ? [body[at++], body[at]] : [body[at]];
    text += characters.get(septets.join()) ?? `no character ${septets.join()}`;
  }
  return text;
}

/** Mulberry32: the same numbers in every run. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
