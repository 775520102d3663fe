import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Core } from '#core/core.js';
import type { Mode } from '#core/tables.js';

/** What a link leads to: a file of somebody's, which whoever has the link may fetch without a key. */
export interface SignedLink {
  kind: 'recording' | 'voice_message' | 'attachment';
  id: string;
  accountId: string;
  mode: Mode;
}

/** How long a link leads anywhere, unless it is made for longer. */
export const LINK_SECONDS = 600;

const MAC_BYTES = 18;

/** A token that names the file and its end, signed with a key of the installation; nothing of it is written down. */
export function signLink(
  core: Pick<Core, 'secrets' | 'clock'>,
  { kind, id, accountId, mode }: SignedLink,
  seconds = LINK_SECONDS,
): string {
  const until = Math.ceil(core.clock.now() / 1000) + seconds;
  const said = Buffer.from(JSON.stringify([kind, id, accountId, mode, until])).toString('base64url');
  return `${said}.${macOf(core, said)}`;
}

/** Undefined for a token that is not ours, or whose time is over. */
export function readLink(core: Pick<Core, 'secrets' | 'clock'>, token: string): SignedLink | undefined {
  const [said = '', mac = ''] = token.split('.', 2);
  const expected = Buffer.from(macOf(core, said));
  const given = Buffer.from(mac);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [kind, id, accountId, mode, until] = JSON.parse(Buffer.from(said, 'base64url').toString()) as [
    SignedLink['kind'],
    string,
    string,
    Mode,
    number,
  ];
  return until * 1000 < core.clock.now() ? undefined : { kind, id, accountId, mode };
}

function macOf({ secrets }: Pick<Core, 'secrets'>, said: string): string {
  const mac = createHmac('sha256', secrets.derive('signed links')).update(said).digest();
  return mac.subarray(0, MAC_BYTES).toString('base64url');
}
