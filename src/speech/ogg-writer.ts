/** An Ogg stream: RFC 3533. Packets end on the page they begin on; a page holds at most 255 pieces of 255 bytes. */
const HEADER_BYTES = 27;
const MAX_PIECES = 255;
const PIECE_BYTES = 255;
/** One stream a file, so its number needs to differ from no other. */
const SERIAL = 1;
const FIRST_PAGE = 2;
const LAST_PAGE = 4;

export class OggWriter {
  readonly #pages: Buffer[] = [];
  #packets: Uint8Array[] = [];
  #pieces: number[] = [];
  #position = 0;

  /** `position`: of the sound's end after this packet. */
  packet(packet: Uint8Array, position: number): void {
    const pieces = [
      ...Array.from({ length: Math.floor(packet.length / PIECE_BYTES) }, () => PIECE_BYTES),
      packet.length % PIECE_BYTES,
    ];
    if (this.#pieces.length + pieces.length > MAX_PIECES) this.endPage();
    this.#packets.push(packet);
    this.#pieces.push(...pieces);
    this.#position = position;
  }

  endPage(): void {
    this.#writePage(0);
  }

  /** The file. Its last page is the one that packets were last given to. */
  end(): Uint8Array {
    this.#writePage(LAST_PAGE);
    return Buffer.concat(this.#pages);
  }

  #writePage(flag: number): void {
    const header = Buffer.alloc(HEADER_BYTES + this.#pieces.length);
    header.write('OggS', 'latin1');
    header[5] = flag | (this.#pages.length === 0 ? FIRST_PAGE : 0);
    header.writeBigUInt64LE(BigInt(this.#position), 6);
    header.writeUInt32LE(SERIAL, 14);
    header.writeUInt32LE(this.#pages.length, 18);
    header[26] = this.#pieces.length;
    header.set(this.#pieces, HEADER_BYTES);
    const page = Buffer.concat([header, ...this.#packets]);
    page.writeUInt32LE(checksum(page), 22);
    this.#pages.push(page);
    this.#packets = [];
    this.#pieces = [];
  }
}

/** CRC-32 with the polynomial 04c11db7, neither reflected nor inverted: RFC 3533, 6. */
function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ CHECKSUMS[((crc >>> 24) ^ byte) & 0xff]!) >>> 0;
  return crc;
}

const CHECKSUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});
