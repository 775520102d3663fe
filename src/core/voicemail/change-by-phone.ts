import { CoreError } from '#core/errors.js';
import { changeRouting } from '#core/routing/index.js';
import { addSound, removeSound, SOUND_LIMITS } from '#core/sounds/index.js';
import { beep } from '#core/voicemail/beep.js';
import { PIN_PATTERN, setMailboxPin } from '#core/voicemail/mailbox-pin.js';
import { inWords, MOST_SILENCES, type Visit } from '#core/voicemail/visit.js';
import { VISIT_WORDS } from '#core/voicemail/visit-words.js';
import { MAILBOX_LIMITS } from '#core/voicemail/voice-message.js';

const GREETING_SECONDS = 120;
const SILENCE_SECONDS = 5;
const MOST_PIN_DIGITS = 10;

/** Records, plays back, and keeps what was said as the greeting. Gives what is said next; undefined: nobody is there. */
export async function recordGreeting(visit: Visit): Promise<string | undefined> {
  const { core, owner, leg } = visit;
  for (;;) {
    await leg.say([...(await inWords(core, owner, VISIT_WORDS.greeting)), beep()]);
    const said = await leg.record({ maxMs: GREETING_SECONDS * 1000, silenceMs: SILENCE_SECONDS * 1000 });
    if (said === undefined || said.length < MAILBOX_LIMITS.leastMs * 8) return VISIT_WORDS.nothingSaid;
    const next = await askAboutGreeting(visit, said);
    if (next === 'keep') return keepGreeting(visit, said);
    if (next !== 'again') return next === 'menu' ? '' : undefined;
  }
}

async function askAboutGreeting(visit: Visit, said: Int16Array): Promise<'keep' | 'again' | 'menu' | 'nobody'> {
  const { core, owner, leg } = visit;
  const question = await inWords(core, owner, VISIT_WORDS.afterGreeting);
  let clips = [{ pcm: said }, ...question];
  for (let silences = 0; silences < MOST_SILENCES;) {
    const { keys } = await leg.ask(clips, { most: 1 });
    silences = keys === '' ? silences + 1 : 0;
    clips = keys === '1' ? [{ pcm: said }, ...question] : question;
    if (keys === '2') return 'keep';
    if (keys === '3') return 'again';
    if (keys === '*') return 'menu';
  }
  return 'nobody';
}

async function keepGreeting({ core, owner, mailboxId, mailboxName, author }: Visit, pcm: Int16Array): Promise<string> {
  const name = `Greeting of ${mailboxName}`.slice(0, SOUND_LIMITS.nameCharacters);
  try {
    const sound = await addSound(core, { ...owner, name, audio: { pcm }, actor: author });
    const change = { ...owner, author, summary: `Greeting of mailbox "${mailboxName}" recorded at a phone` };
    try {
      await changeRouting(core, change, (draft) =>
        draft.update('mailbox', mailboxId, { greeting: { sound: sound.id } }),
      );
    } catch (error) {
      await removeSound(core, { ...owner, id: sound.id, actor: author });
      throw error;
    }
    return VISIT_WORDS.greetingKept;
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    core.log.warn({ mailbox: mailboxId, error: error.message }, 'a greeting could not be kept');
    return VISIT_WORDS.notKept;
  }
}

/** Gives what is said next. */
export async function changePin({ core, owner, mailboxId, leg, author }: Visit): Promise<string> {
  const ask = async (text: string): Promise<string> =>
    (await leg.ask(await inWords(core, owner, text), { most: MOST_PIN_DIGITS })).keys;
  const pin = await ask(VISIT_WORDS.newPin);
  if (!new RegExp(PIN_PATTERN).test(pin)) return VISIT_WORDS.badPin;
  if ((await ask(VISIT_WORDS.again)) !== pin) return VISIT_WORDS.pinsDiffer;
  await setMailboxPin(core, { ...owner, mailboxId, pin, actor: author });
  return VISIT_WORDS.pinKept;
}
