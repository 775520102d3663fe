/**
 * What people and machines say when a call is answered. Two sets with no sentence in common: `tuning`, by which the
 * detector's numbers were chosen, and `held-apart`, on which it is judged. `|` is a pause, its length drawn per case.
 */
export interface Phrases {
  /** The most common: one or two words, and then the person listens. */
  short: readonly string[];
  /** A name or a greeting of some more words. */
  named: readonly string[];
  /** Two pieces with a pause between. */
  paused: readonly string[];
  /** Receptions, and people who speak for as long as a machine does. */
  long: readonly string[];
  /** A second word to somebody who says nothing. */
  again: readonly string[];
  mailboxShort: readonly string[];
  mailbox: readonly string[];
  mailboxPaused: readonly string[];
  /** A carrier's own greeting, with digits. */
  carrier: readonly string[];
  menu: readonly string[];
  screening: readonly string[];
  /** What follows a screening's tone when nothing is said. */
  screeningAgain: readonly string[];
  /** What follows special information tones. */
  announcement: readonly string[];
}

export type SetName = 'tuning' | 'held-apart';

export const PHRASES: Record<SetName, Phrases> = {
  tuning: {
    short: ['Hello?', 'Yes?', 'Hi.', 'Hey.', 'Yeah?', 'Good morning.', 'Hello hello?', 'Allo?'],
    named: ['Smith residence.', 'John speaking.', 'Hello, this is Mary.', 'Hi, Tom here.', 'Yes, who is this?'],
    paused: ['Hello? | Who is this?', 'Yes? | Hello?', 'Hi. | Hang on a second.', 'Hello? | Hello?'],
    long: [
      'Smith residence, John speaking, what can I do for you?',
      'Good afternoon, Baker and Sons, this is Linda, how can I help you?',
      'Hello, hang on, let me just turn the radio down for a moment.',
    ],
    again: ['Hello?', 'Who is there?', 'Anybody there?'],
    mailboxShort: ['Leave a message.', 'You know what to do.', 'Please leave a message after the tone.'],
    mailbox: [
      "Hi, you've reached John Smith. I can't come to the phone right now. Please leave your name and number and I will call you back.",
      'Hello, this is Mary. I am not here at the moment, so please leave a message after the beep.',
      'You have reached the voice mail of Thomas Miller. Please leave a message and have a nice day.',
    ],
    mailboxPaused: [
      "Hi. | You've reached Peter. | I'm not in. Leave me a message.",
      'You have reached | Susan Brown | who is not available. | Please record your message after the tone.',
    ],
    carrier: [
      'Your call has been forwarded to an automatic voice message system. | Five five five, two three six eight, | is not available. | At the tone, please record your message. When you are finished, you may hang up.',
      'The person you are trying to reach at four one five, five five five, zero one nine nine, is not available. Please leave a message.',
    ],
    menu: [
      'Thank you for calling Baker and Sons. For sales, press one. For service, press two. To hear these options again, press nine.',
      'Welcome to the town library. Our opening hours are nine to five. If you know the extension, dial it now.',
    ],
    screening: [
      'Hi. The person you are calling is using a screening service, and will get a copy of this conversation. Go ahead and say your name, and why you are calling.',
    ],
    screeningAgain: ['Sorry, I did not hear you. Please say your name and why you are calling.'],
    announcement: ['The number you have dialed is not in service. Please check the number and dial again.'],
  },
  'held-apart': {
    short: ['Hello.', 'Yes.', 'Hi there.', 'Yep?', 'Speaking.', 'Morning.', 'Hello, yes?', 'Hey there.', 'Yellow?'],
    named: [
      'Jones household.',
      'This is Anna.',
      'Hello, Robert here.',
      'Hi, it is Karen.',
      "Yes, who's calling?",
      'Doctor Lee.',
    ],
    paused: ['Hello? | Is anyone there?', 'Yeah? | Who is it?', 'Hi. | Sorry, one moment.', 'Hey. | What is up?'],
    long: [
      'Jones household, Emily speaking, who may I say is calling please?',
      'Good morning, green valley dental, my name is Rosa, what may I do for you today?',
      'Oh hello, sorry, I was just in the garden, give me one second.',
    ],
    again: ['Hello, hello?', 'Is somebody there?', 'Yes? Who is it?'],
    mailboxShort: ['Please leave a message.', 'Record your message after the beep.', 'Not here. Message, please.'],
    mailbox: [
      "Hey, it's Alice. I missed your call. Say something nice after the tone and I'll get back to you as soon as I can.",
      'Good day. This is the answering machine of the Wilson family. Nobody is at home just now. Talk to us after the signal.',
      "You're through to Michael at Northern Insurance. I'm away from my desk. Leave your details and the reason for your call.",
    ],
    mailboxPaused: [
      "Hello! | This is Kate's phone. | You missed me, so speak after the beep.",
      'The mailbox of | Daniel Cooper | cannot take your call just now. | Begin speaking after the signal.',
    ],
    carrier: [
      'We are sorry. The customer at two one two, | seven seven three, eight four one six, | is unable to answer. | Record your message after the tone, and press pound when you are done.',
      'Welcome to the message service of six four six, five five five, zero one two eight. Nobody is there to take the call. Begin after the tone.',
    ],
    menu: [
      'You have reached city transport. For timetables, say timetables. For lost property, press three. To speak to somebody, please hold.',
      'Thanks for calling the garden centre. All our lines are busy. Your call matters to us, and will be answered in turn.',
    ],
    screening: ['Hello. If you record your name and the reason of your call, I will see if this person is available.'],
    screeningAgain: ['Thanks. Please stay on the line while I check.'],
    announcement: ['We are sorry. Your call cannot be completed as dialed. Please try again later.'],
  },
};
