import { sql, type RawBuilder } from 'kysely';
import { callerName } from '#core/calls/caller-name.js';
import { callBackWords } from '#core/calls/call-back-words.js';
import type { MessageScript } from '#core/calls/call-script.js';
import type { Destination, IncomingCall } from '#core/calls/incoming-destination.js';
import { marketingWords } from '#core/calls/marketing-words.js';
import type { Core } from '#core/core.js';

/** How long after our last call from a number its callers are told who it was. */
export const CALLED_BACK_DAYS = 90;
const DAY_MS = 86_400_000;
/** Where the call that is called back had no key of its own. */
const USUAL_KEY = '9';
const USUAL_VOICE = 'en-US-Standard-F';

interface LastCall {
  account_id: string;
  /** Whether it went to whoever calls now. */
  known: boolean;
  script: MessageScript;
  webhook_url: string | null;
  dialect: string;
  metadata: Record<string, unknown> | null;
}

/**
 * A call to a number that automated calls came from: its caller is told who called and which key stops it (rule 5). The
 * voice and the key are those of our last call to them, else of the last from the number.
 */
export async function callBack(
  core: Pick<Core, 'db' | 'clock' | 'speech'>,
  call: IncomingCall,
): Promise<Destination | undefined> {
  const now = core.clock.now();
  const { rows } = await lastCall(call, new Date(now - CALLED_BACK_DAYS * DAY_MS)).execute(core.db);
  const [last] = rows;
  if (last === undefined) return undefined;
  const name = await callerName(core.db, last.account_id);
  const mine = last.known ? last : undefined;
  return {
    accountId: last.account_id,
    script: callBackScript(core, call, last, name),
    webhookUrl: mine?.webhook_url ?? null,
    dialect: last.dialect,
    metadata: mine?.metadata ?? null,
  };
}

function callBackScript(
  core: Pick<Core, 'speech'>,
  { caller }: IncomingCall,
  { script, known }: LastCall,
  name: string,
): MessageScript {
  const spoken = core.speech.resolveVoice(script.voice.used)?.voice;
  const voice = { ...script.voice, used: spoken === undefined ? USUAL_VOICE : script.voice.used };
  const language = spoken?.language ?? 'en-US';
  const words = callBackWords(language);
  const opening = `${words.who(name)} ${known ? words.weCalled : words.othersCalled}`;
  if (caller === undefined) return { kind: 'message', message: `${opening} ${words.hidden}`, voice, keys: {} };
  const [key, action] = Object.entries(script.keys).find(([, { action: does }]) => does === 'optout') ?? [USUAL_KEY];
  return {
    kind: 'message',
    message: `${opening} ${marketingWords(language).stop(key)}`,
    voice,
    keys: { [key]: { action: 'optout', say: action?.say ?? words.stopped } },
  };
}

/**
 * Our last automated call from the number, to the caller if there is one. Of its owner now, and only through a trunk that
 * is theirs or everybody's. In the sandbox, where many own one number, of whoever called last.
 */
export function lastCall({ mode, trunk, called, caller }: IncomingCall, since: Date): RawBuilder<LastCall> {
  return sql<LastCall>`
    select n.account_id, last.known, last.script, last.webhook_url, last.dialect, last.metadata
    from numbers n
    cross join lateral (
      (select true as known, id, dialing_at, script, webhook_url, dialect, metadata from calls
      where account_id = n.account_id and mode = n.mode and to_number = ${caller ?? ''} and from_number = n.number
        and direction = 'out' and purpose in ('transactional', 'marketing') and dialing_at >= ${since}
      order by id desc limit 1)
      union all
      (select false, id, dialing_at, script, webhook_url, dialect, metadata from calls
      where account_id = n.account_id and mode = n.mode and from_number = n.number
        and direction = 'out' and purpose in ('transactional', 'marketing') and dialing_at >= ${since}
      order by dialing_at desc limit 1)
    ) last
    where n.number = ${called} and n.mode = ${mode} and (n.mode = 'test' or exists (
      select from trunks t where t.id = ${trunk} and (t.account_id is null or t.account_id = n.account_id)))
    order by last.known desc, last.dialing_at desc limit 1`;
}
