/** `refer;id=3` (RFC 6665 section 8.2.1). */
export function readEvent(value: string | undefined): { name: string; id: string | undefined } {
  const [name = '', ...params] = (value ?? '').split(';').map((part) => part.trim());
  const id = params.find((param) => param.toLowerCase().startsWith('id='))?.slice('id='.length);
  return { name: name.toLowerCase(), id };
}
