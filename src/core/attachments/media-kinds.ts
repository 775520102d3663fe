/** What phones and carriers take as part of a text, known by its first bytes. */
export interface MediaKind {
  type: string;
  extension: string;
  /** Browsers may show or play it where it is. */
  inline: boolean;
}

interface KnownKind extends MediaKind {
  isOne: (bytes: Uint8Array) => boolean;
}

const at = (bytes: Uint8Array, offset: number, length: number): string =>
  Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1');
const startsWith =
  (...beginnings: string[]) =>
  (bytes: Uint8Array): boolean =>
    beginnings.some((beginning) => at(bytes, 0, beginning.length) === beginning);
/** ISO base media files say what they are after their first length (ISO/IEC 14496-12, 4.3). */
const brand =
  (pattern: RegExp) =>
  (bytes: Uint8Array): boolean =>
    at(bytes, 4, 4) === 'ftyp' && pattern.test(at(bytes, 8, 4));
/** A frame of MPEG audio, layer III (ISO/IEC 11172-3, 2.4.1.3), or the tag before it. */
const isMp3 = (bytes: Uint8Array): boolean =>
  at(bytes, 0, 3) === 'ID3' || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2);

const picture = (type: string, extension: string, isOne: KnownKind['isOne']): KnownKind => ({
  ...{ type, extension, isOne },
  inline: true,
});
const file = (type: string, extension: string, isOne: KnownKind['isOne']): KnownKind => ({
  ...{ type, extension, isOne },
  inline: false,
});

const KINDS: readonly KnownKind[] = [
  picture('image/jpeg', 'jpg', startsWith('\xff\xd8\xff')),
  picture('image/png', 'png', startsWith('\x89PNG\r\n\x1a\n')),
  picture('image/gif', 'gif', startsWith('GIF87a', 'GIF89a')),
  picture('video/3gpp', '3gp', brand(/^3g[a-z]/)),
  picture('audio/mp4', 'm4a', brand(/^M4A /)),
  picture('video/mp4', 'mp4', brand(/^(isom|iso[2-9]|mp4[12]|avc1|MSNV|M4V |dash)/)),
  picture('audio/ogg', 'ogg', startsWith('OggS')),
  picture('audio/amr', 'amr', startsWith('#!AMR')),
  picture('audio/mpeg', 'mp3', isMp3),
  file('application/pdf', 'pdf', startsWith('%PDF-')),
  file('text/vcard', 'vcf', (bytes) => /^BEGIN:VCARD\r?\n/i.test(at(bytes, 0, 16))),
];

export const MEDIA_TYPES: readonly string[] = KINDS.map(({ type }) => type);

/** What a file is, whatever it is called; undefined: none of those that are known. */
export function kindOf(bytes: Uint8Array): MediaKind | undefined {
  return KINDS.find(({ isOne }) => isOne(bytes));
}

export function kindNamed(type: string): MediaKind | undefined {
  return KINDS.find((kind) => kind.type === type);
}
