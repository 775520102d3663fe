import { callerNameOf } from '#core/accounts/index.js';
import type { CallRow } from '#core/calls/call.js';
import type { MessageScript } from '#core/calls/call-script.js';
import { codePrompts } from '#core/calls/code-prompts.js';
import { marketingWords, spokenDigits } from '#core/calls/marketing-words.js';
import type { Prompt } from '#core/calls/script-run.js';
import type { Core } from '#core/core.js';
import type { AudioClip } from '#voice/engine.js';

/** Everything a call may have to say, ready to play. */
export type CallPrompts = Map<Prompt | ConnectPrompt, AudioClip[]>;

const NOTICE = 'This call is recorded.';
const THANKS = 'Thank you. Goodbye.';

/** What somebody of ours is told whose call could not be connected. */
const CONNECT_SENTENCES = {
  busy: 'The line is busy.',
  no_answer: 'Nobody answered.',
  failed: 'The call could not be connected.',
};
export type ConnectPrompt = keyof typeof CONNECT_SENTENCES;
const SENTENCE_VOICE = 'en-US-Standard-F';

export class PromptError extends Error {
  constructor(
    readonly reason: 'speech_failed' | 'audio_unavailable' | 'code_over',
    message: string,
  ) {
    super(message);
  }
}

type PromptedCall = Pick<CallRow, 'account_id' | 'from_number' | 'script' | 'record'>;

/** Speaks or fetches every prompt before the call is dialled, so that nobody picks up to silence. */
export async function preparePrompts(
  core: Pick<Core, 'db' | 'clock' | 'secrets' | 'speech' | 'fetchAudio'>,
  call: PromptedCall,
): Promise<CallPrompts> {
  const { script } = call;
  switch (script.kind) {
    case 'code':
      return codePrompts(core, script);
    case 'connect':
      return connectPrompts(core);
    case 'flow':
      // What is said depends on where the call leads.
      return new Map();
    default:
      return messagePrompts(core, script, call);
  }
}

/** Without a voice the call is connected all the same. */
async function connectPrompts(core: Pick<Core, 'speech'>): Promise<CallPrompts> {
  const prompts: CallPrompts = new Map();
  const voice = core.speech.resolveVoice(SENTENCE_VOICE)?.voice;
  if (voice === undefined) return prompts;
  for (const [prompt, text] of Object.entries(CONNECT_SENTENCES) as [ConnectPrompt, string][]) {
    const clips = await core.speech.say(text, voice).catch(() => undefined);
    if (clips !== undefined) prompts.set(prompt, clips);
  }
  return prompts;
}

async function messagePrompts(
  core: Pick<Core, 'db' | 'speech' | 'fetchAudio'>,
  script: MessageScript,
  call: PromptedCall,
): Promise<CallPrompts> {
  const texts = new Map<Prompt, string>();
  if (call.record) texts.set('notice', NOTICE);
  if (script.message !== undefined) texts.set('message', script.message);
  if (script.machine?.message !== undefined) texts.set('machine', script.machine.message);
  for (const [digit, action] of Object.entries(script.keys)) {
    if (action.say !== undefined) texts.set(`say:${digit}`, action.say);
    else if (action.action === 'webhook') texts.set('thanks', THANKS);
  }
  const prompts: CallPrompts = new Map();
  if (script.audioUrl !== undefined) prompts.set('message', [{ pcm: await fetched(core, script.audioUrl) }]);
  const voice = core.speech.resolveVoice(script.voice.used);
  if (voice === undefined) throw new PromptError('speech_failed', `The voice ${script.voice.used} is gone.`);
  const say = (text: string): Promise<AudioClip[]> =>
    core.speech.say(text, voice.voice).catch((error: unknown) => {
      throw new PromptError('speech_failed', messageOf(error));
    });
  for (const [prompt, text] of texts) prompts.set(prompt, await say(text));
  const message = prompts.get('message');
  if (!prompts.has('machine') && message !== undefined) prompts.set('machine', message);
  if (script.marketing === true) await addMarketing(core, prompts, { script, call, say, ...voice.voice });
  return prompts;
}

interface Marketing {
  script: MessageScript;
  call: PromptedCall;
  say: (text: string) => Promise<AudioClip[]>;
  language: string;
}

/** A person hears first who is calling and how to stop it, and a machine where to call back (rule 5). */
async function addMarketing(
  core: Pick<Core, 'db'>,
  prompts: CallPrompts,
  { script, call, say, language }: Marketing,
): Promise<void> {
  const words = marketingWords(language);
  const name = await callerNameOf(core.db, call.account_id);
  // It was taken away since the call was accepted.
  if (name === undefined) throw new PromptError('speech_failed', 'Nothing says who is calling.');
  const from = await say(words.from(name));
  const key = Object.keys(script.keys).find((digit) => script.keys[digit]?.action === 'optout') ?? '';
  const first = call.record ? 'notice' : 'message';
  prompts.set(first, [...from, ...(await say(words.stop(key))), ...(prompts.get(first) ?? [])]);
  const callBack = await say(words.callBack(spokenDigits(call.from_number)));
  prompts.set('machine', [...from, ...(prompts.get('machine') ?? []), ...callBack]);
}

async function fetched(core: Pick<Core, 'fetchAudio'>, url: string): Promise<Int16Array> {
  try {
    return await core.fetchAudio(url);
  } catch (error) {
    throw new PromptError('audio_unavailable', messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
