import { expect, test } from 'vitest';
import { imageDimensions } from '#core/assets/image-dimensions.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const PNG = hex('89504e470d0a1a0a 0000000d 49484452 00000140 000000c8 08060000');
const GIF = hex('474946383961 4001 c800 f70000');
// An application segment, a filling byte, a table, then the frame.
const JPEG = hex('ffd8 ffe0 0004 0000 ff ffdb 0003 00 ffc4 0003 00 ffc2 000b 08 00c8 0140 01 011100 ffda');
const VP8X = hex('52494646 00000000 57454250 56503858 0a000000 00000000 3f0100 c70000');
const VP8L = hex('52494646 00000000 57454250 5650384c 00000000 2f 3fc13100');
const VP8 = hex('52494646 00000000 57454250 56503820 00000000 300000 9d012a 4001 c800');

test.each([
  ['image/png', PNG],
  ['image/gif', GIF],
  ['image/jpeg', JPEG],
  ['image/webp, extended', VP8X],
  ['image/webp, lossless', VP8L],
  ['image/webp, lossy', VP8],
])('%s', (type, bytes) => {
  expect(imageDimensions(type.split(',')[0] ?? '', bytes)).toEqual({ width: 320, height: 200 });
});

test('what ends early, or is no picture, has no size', () => {
  for (const [type, bytes, least] of [
    ['image/png', PNG, 24],
    ['image/gif', GIF, 10],
    ['image/jpeg', JPEG, JPEG.length - 6],
    ['image/webp', VP8X, 30],
    ['image/webp', VP8L, 25],
    ['image/webp', VP8, 30],
  ] as const) {
    for (let length = 0; length < least; length++) {
      expect(imageDimensions(type, bytes.subarray(0, length)), `${type} of ${length} bytes`).toBeUndefined();
    }
  }
  expect(imageDimensions('font/woff2', PNG)).toBeUndefined();
});

test('segments that lead nowhere end', () => {
  expect(imageDimensions('image/jpeg', hex('ffd8 ffe0 0000 ffe0 0000 ffc0 0000'))).toBeUndefined();
  expect(imageDimensions('image/jpeg', hex('ffd8 ffda 0008 ffc0 0011 08 0001 0001'))).toBeUndefined();
  expect(imageDimensions('image/jpeg', Buffer.concat([hex('ffd8'), Buffer.alloc(100_000, 0xff)]))).toBeUndefined();
});
