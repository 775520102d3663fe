/** Damage: bytes changed, left out, doubled, moved from one message into another, and put where they mean something. */
import { below, pick, type Random } from '#voice/fuzz/random.fixture.js';

/** What means something to a parser of text, and so is worth putting where it does not belong. */
const MORSELS = [
  ...['\r\n', '\r\n\r\n', '\r\n ', '\n', ':', ';', ',', '<', '>', '"', '\\', '@', '%', '%00', '%ff', '=', '?'],
  ...['[', ']', ' ', '\t', '\0', '\ufffd', '-1', '0', '4294967296', '99999999999', '*', ';tag=', '"<', 'SIP/2.0'],
  ...['Via: ', 'l: ', 'Route: <sip:a;lr>\r\n', 'Require: x\r\n', 'Replaces: a;to-tag=b;from-tag=c\r\n'],
  ...['m=audio 9 RTP/AVP 0\r\n', 'a=', 'c=IN IP6 ::\r\n', 'a=rtpmap:0 PCMA/8000\r\n', 'a=inactive\r\n'],
].map((text) => Buffer.from(text));

const MOST_STRIKES = 4;
const LONGEST_PIECE = 20;

/** A damaged copy of `bytes`; `others` lend pieces. */
export function mutate(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  let result = bytes;
  for (let strikes = 1 + below(random, MOST_STRIKES); strikes > 0; strikes -= 1) {
    const at = below(random, result.length + 1);
    const end = at + below(random, LONGEST_PIECE);
    const [before, middle, after] = [result.subarray(0, at), result.subarray(at, end), result.subarray(end)];
    switch (below(random, 6)) {
      case 0:
        result = Buffer.concat([before, Buffer.from([below(random, 256)]), result.subarray(at + 1)]);
        break;
      case 1:
        result = Buffer.concat([before, after]);
        break;
      case 2:
        result = Buffer.concat([before, middle, middle, after]);
        break;
      case 3:
        result = Buffer.concat([before, pick(random, MORSELS), middle, after]);
        break;
      case 4:
        result = Buffer.concat([before, pick(random, others).subarray(at, end), after]);
        break;
      default:
        if (random() < 0.1) result = before;
    }
  }
  return result;
}

/** A binary packet with a few octets changed, and sometimes its end cut off. */
export function mutatePacket(random: Random, packet: Uint8Array): Uint8Array {
  const mutated = Uint8Array.from(packet);
  for (let strikes = below(random, 7); strikes >= 0; strikes -= 1) {
    mutated[below(random, mutated.length)] = below(random, 256);
  }
  return random() < 0.3 ? mutated.subarray(0, below(random, mutated.length)) : mutated;
}
