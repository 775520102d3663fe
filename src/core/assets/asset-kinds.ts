import { CoreError } from '#core/errors.js';

interface AssetKind {
  contentType: string;
  /** Whether these bytes are of this kind, as far as their beginning says. */
  fits: (bytes: Buffer) => boolean;
}

const startsWith =
  (...beginnings: string[]) =>
  (bytes: Buffer): boolean =>
    beginnings.some((beginning) => bytes.subarray(0, beginning.length).toString('latin1') === beginning);

const JPEG: AssetKind = { contentType: 'image/jpeg', fits: startsWith('\xff\xd8\xff') };

/** By the ending of the name. Nothing among them runs by itself in a page that shows it. */
const KINDS: Record<string, AssetKind> = {
  png: { contentType: 'image/png', fits: startsWith('\x89PNG\r\n\x1a\n') },
  jpg: JPEG,
  jpeg: JPEG,
  gif: { contentType: 'image/gif', fits: startsWith('GIF87a', 'GIF89a') },
  webp: {
    contentType: 'image/webp',
    fits: (bytes) => startsWith('RIFF')(bytes) && startsWith('WEBP')(bytes.subarray(8)),
  },
  svg: { contentType: 'image/svg+xml', fits: (bytes) => isText(bytes) && /<svg[\s>]/.test(bytes.toString('utf8')) },
  woff: { contentType: 'font/woff', fits: startsWith('wOFF') },
  woff2: { contentType: 'font/woff2', fits: startsWith('wOF2') },
  ttf: { contentType: 'font/ttf', fits: startsWith('\0\x01\0\0', 'true') },
  otf: { contentType: 'font/otf', fits: startsWith('OTTO') },
  json: { contentType: 'application/json', fits: (bytes) => isText(bytes) && isJson(bytes.toString('utf8')) },
};

export const ASSET_ENDINGS = Object.keys(KINDS);

/** @throws CoreError `asset.bad_input` */
export function contentTypeOf(name: string, bytes: Buffer): string {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const kind = Object.hasOwn(KINDS, ending) ? KINDS[ending] : undefined;
  if (kind === undefined || !name.includes('.')) {
    const endings = ASSET_ENDINGS.map((known) => `.${known}`).join(', ');
    throw new CoreError('asset.bad_input', `File name must end in one of ${endings}`, { field: 'file' });
  }
  if (!kind.fits(bytes)) {
    throw new CoreError('asset.bad_input', `File is not what its name says: .${ending}`, { field: 'file' });
  }
  return kind.contentType;
}

function isText(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
