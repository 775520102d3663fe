/** Pixels. */
export interface Dimensions {
  width: number;
  height: number;
}

/** What the header of a picture says of its size; undefined for other files, and for one that ends before it says so. */
export function imageDimensions(contentType: string, bytes: Buffer): Dimensions | undefined {
  try {
    return READERS[contentType]?.(bytes);
  } catch (error) {
    // Read past its end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const READERS: Record<string, (bytes: Buffer) => Dimensions | undefined> = {
  // The first chunk is IHDR (W3C PNG, 11.2.1).
  'image/png': (bytes) => ({ width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }),
  'image/gif': (bytes) => ({ width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }),
  'image/jpeg': ofJpeg,
  'image/webp': ofWebp,
};

/** Markers that begin a frame (ITU-T T.81, table B.1): all of C0 to CF but the tables among them. */
const NO_FRAME = new Set([0xc4, 0xc8, 0xcc]);

function ofJpeg(bytes: Buffer): Dimensions | undefined {
  let at = 2;
  while (bytes.readUInt8(at) === 0xff) {
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      // A filling byte.
      at += 1;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.has(marker)) {
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    }
    const standsAlone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    const length = standsAlone ? 0 : bytes.readUInt16BE(at + 2);
    // The picture itself began, or a length that leads nowhere.
    if (marker === 0xda || marker === 0xd9 || (!standsAlone && length < 2)) return undefined;
    at += 2 + length;
  }
  return undefined;
}

/** RFC 9649: the first chunk says which of three ways of writing follows. */
function ofWebp(bytes: Buffer): Dimensions | undefined {
  switch (bytes.subarray(12, 16).toString('latin1')) {
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case 'VP8L': {
      const sizes = bytes.readUInt32LE(21);
      return { width: (sizes & 0x3fff) + 1, height: ((sizes >> 14) & 0x3fff) + 1 };
    }
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    default:
      return undefined;
  }
}
