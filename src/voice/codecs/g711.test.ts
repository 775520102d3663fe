import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711, g711DecodeTable, G711_SILENCE } from '#voice/codecs/g711.js';

/** G.711 tables 1a and 2a: where segments end on the decision scale, step size in them, and the line code there. */
const SEGMENTS = {
  /** 13-bit scale of A-law: sixteen steps in each segment, the first of 2. */
  PCMA: { steps: [2, 2, 4, 8, 16, 32, 64, 128], shift: 3, start: 0 },
  /** 14-bit scale of µ-law. The first step is half a step: zero has an interval on both sides. */
  PCMU: { steps: [2, 4, 8, 16, 32, 64, 128, 256], shift: 2, start: -1 },
} as const;

/** Decision values x1…x128 and decoder outputs y1…y128 of the positive half, in the law's own scale. */
function table(law: 'PCMU' | 'PCMA'): { decisions: number[]; outputs: number[] } {
  const { steps, start } = SEGMENTS[law];
  const decisions: number[] = [start];
  for (const step of steps) for (let i = 0; i < 16; i++) decisions.push(decisions.at(-1)! + step);
  const outputs = decisions.slice(1).map((end, i) => (decisions[i]! + end) / 2);
  return { decisions, outputs };
}

/** Positive values: code 0 is the quietest; the sign bit is set, µ-law inverts all bits and A-law the even ones. */
const lineOctet = { PCMU: (code: number) => ~code & 0xff, PCMA: (code: number) => (code | 0x80) ^ 0x55 };

describe.each(['PCMU', 'PCMA'] as const)('G.711 %s', (law) => {
  const { decisions, outputs } = table(law);
  const { shift } = SEGMENTS[law];

  it('has the published virtual decision value and outputs at the ends of the scale', () => {
    expect(decisions.at(-1)).toBe(law === 'PCMA' ? 4096 : 8159);
    expect(outputs[127]).toBe(law === 'PCMA' ? 4032 : 8031);
    expect(outputs[0]).toBe(law === 'PCMA' ? 1 : 0);
  });

  it('decodes every octet to the value in the tables', () => {
    const decode = g711DecodeTable(law);
    for (let code = 0; code < 128; code++) {
      const octet = lineOctet[law](code);
      expect(decode[octet]).toBe(outputs[code]! << shift);
      expect(decode[octet ^ 0x80]).toBe(-(outputs[code]! << shift) || 0);
    }
  });

  it('encodes every sample into the interval that it lies in', () => {
    const samples = Int16Array.from({ length: 65_536 }, (_, i) => i - 32_768);
    const octets = encodeG711(samples, law);
    let code = 0;
    for (let magnitude = 0; magnitude < 32_768; magnitude++) {
      while (code < 127 && magnitude >> shift >= decisions[code + 1]!) code++;
      const octet = lineOctet[law](code);
      if (octets[32_768 + magnitude] !== octet || octets[32_767 - magnitude] !== (octet ^ 0x80)) {
        expect.fail(`magnitude ${magnitude} is not code ${code}`);
      }
    }
    expect(code).toBe(127);
  });

  it('gives back what it was given, octet by octet', () => {
    const all = Uint8Array.from({ length: 256 }, (_, octet) => octet);
    const again = encodeG711(decodeG711(all, law), law);
    // µ-law has two zeros; the negative one comes back as the positive one.
    const expected = all.map((octet) => (law === 'PCMU' && octet === 0x7f ? 0xff : octet));
    expect(again).toEqual(expected);
  });

  it('knows the octet of silence', () => {
    expect(encodeG711(new Int16Array(1), law)[0]).toBe(G711_SILENCE[law]);
  });
});
