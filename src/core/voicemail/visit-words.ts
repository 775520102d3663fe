/** What somebody hears who listens to messages by phone. English, whatever the account speaks to callers. */
export const VISIT_LANGUAGE = 'en-US';

export const VISIT_WORDS = {
  extension: 'Please enter the extension of the mailbox, then press the hash key.',
  noMailbox: 'There is no such mailbox.',
  pin: 'Please enter your PIN, then press the hash key.',
  wrongPin: 'That PIN is wrong.',
  noPin: 'This mailbox has no PIN yet, and cannot be opened by phone. Goodbye.',
  locked: 'This mailbox is locked for a while, after too many wrong PINs. Goodbye.',
  counts: (fresh: number, saved: number) => `You have ${messages(fresh, 'new')} and ${messages(saved, 'saved')}.`,
  menu:
    'For new messages press 1, for saved messages 2. To record your greeting press 3, to change your PIN 4. ' +
    'To end press star.',
  message: (number: number, of: number, who: string, when: string) =>
    `Message ${number} of ${of}, from ${who}, ${when}.`,
  hidden: 'a caller whose number is not shown',
  unreadable: 'This message cannot be played.',
  afterMessage:
    'To hear it again press 1. For the previous message press 4, for the next 6. To delete it press 7, to save it 9. ' +
    'For the menu press star.',
  deleted: 'Deleted.',
  saved: 'Saved.',
  first: 'This is the first message.',
  noMore: 'There are no more messages.',
  greeting: 'Say your greeting after the tone, then press the hash key.',
  nothingSaid: 'Nothing was recorded.',
  afterGreeting: 'To hear it press 1, to keep it 2, to record it again 3. For the menu press star.',
  greetingKept: 'Your greeting is kept.',
  notKept: 'It cannot be kept now.',
  newPin: 'Please enter a new PIN of 4 to 10 digits, then press the hash key.',
  again: 'Please enter it again, then press the hash key.',
  badPin: 'A PIN has 4 to 10 digits. Nothing was changed.',
  pinsDiffer: 'They are not the same. Nothing was changed.',
  pinKept: 'Your PIN was changed.',
  unavailable: 'The mailbox cannot be opened now. Please call again later.',
  goodbye: 'Goodbye.',
} as const;

function messages(count: number, kind: string): string {
  return `${count === 0 ? 'no' : count} ${kind} message${count === 1 ? '' : 's'}`;
}

/** `Monday, March 2 at 4:05 PM`, where the account is. */
export function spokenTime(at: Date, timeZone: string): string {
  const options = { weekday: 'long', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' } as const;
  // What Intl puts between digits and PM is no ordinary space.
  return new Intl.DateTimeFormat(VISIT_LANGUAGE, { ...options, timeZone }).format(at).replace(/\s/g, ' ');
}

/** Digit by digit; a name as it is. */
export function spokenCaller(name: string | undefined, number: string | undefined): string {
  return name ?? number?.replace('+', '').split('').join(' ') ?? VISIT_WORDS.hidden;
}
