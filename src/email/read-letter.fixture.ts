/** Reads a letter of ours as a mail program does, for tests. */
export interface ReadLetter {
  /** By lower-case name, encoded words read. */
  headers: Record<string, string>;
  text: string;
  attachment: { name: string; type: string; bytes: Buffer } | undefined;
}

export function readLetter(raw: string): ReadLetter {
  const { headers, body } = split(raw);
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return { headers, text: decoded(body).toString(), attachment: undefined };
  const parts = body.split(`--${boundary}`).slice(1, -1);
  const [text, file] = parts.map((part) => split(part.replace(/^\r\n/, '')));
  return {
    headers,
    text: text === undefined ? '' : decoded(text.body).toString(),
    attachment: file && {
      name: /filename="([^"]*)"/.exec(file.headers['content-disposition'] ?? '')?.[1] ?? '',
      type: (file.headers['content-type'] ?? '').split(';')[0] ?? '',
      bytes: decoded(file.body),
    },
  };
}

function split(raw: string): { headers: Record<string, string>; body: string } {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), words(line.slice(at + 1).trim())];
    }),
  );
  return { headers, body: raw.slice(end + 4) };
}

/** RFC 2047: blanks between two encoded words are none. */
function words(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?B\?([^?]*)\?=/gi, (_, word: string) => Buffer.from(word, 'base64').toString());
}

function decoded(body: string): Buffer {
  return Buffer.from(body.replace(/\s/g, ''), 'base64');
}
