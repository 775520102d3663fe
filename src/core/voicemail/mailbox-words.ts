/** What whoever leaves a message hears, in one language. */
export interface MailboxWords {
  greeting: (mailbox: string) => string;
  thanks: string;
  /** It holds as many messages as it may. */
  full: string;
  /** The message cannot be kept: the disk is full, or there is no such mailbox. */
  unavailable: string;
}

/** By the primary subtag of BCP 47. */
const WORDS: Readonly<Record<string, MailboxWords>> = {
  en: {
    greeting: (name) =>
      `This is the mailbox of ${name}. Please leave a message after the tone, then hang up, or press the hash key.`,
    thanks: 'Thank you. Your message has been left. Goodbye.',
    full: 'This mailbox is full and takes no more messages. Goodbye.',
    unavailable: 'Your message cannot be taken now. Please call again later. Goodbye.',
  },
  es: {
    greeting: (name) =>
      `Este es el buzón de ${name}. Deje su mensaje después del tono y cuelgue, o pulse la tecla almohadilla.`,
    thanks: 'Gracias. Su mensaje se ha guardado. Adiós.',
    full: 'Este buzón está lleno y no admite más mensajes. Adiós.',
    unavailable: 'Ahora no se puede guardar su mensaje. Llame de nuevo más tarde. Adiós.',
  },
  fr: {
    greeting: (name) =>
      `Vous êtes sur la messagerie de ${name}. Laissez un message après le bip, puis raccrochez ou appuyez sur dièse.`,
    thanks: 'Merci. Votre message est enregistré. Au revoir.',
    full: 'Cette messagerie est pleine et ne prend plus de messages. Au revoir.',
    unavailable: 'Votre message ne peut pas être enregistré pour le moment. Rappelez plus tard. Au revoir.',
  },
  de: {
    greeting: (name) =>
      `Hier ist die Mailbox von ${name}. Bitte sprechen Sie nach dem Ton, dann legen Sie auf oder drücken die Raute.`,
    thanks: 'Danke. Ihre Nachricht ist aufgenommen. Auf Wiederhören.',
    full: 'Diese Mailbox ist voll und nimmt keine Nachrichten mehr an. Auf Wiederhören.',
    unavailable:
      'Ihre Nachricht kann jetzt nicht aufgenommen werden. Bitte rufen Sie später wieder an. Auf Wiederhören.',
  },
  it: {
    greeting: (name) =>
      `Questa è la casella vocale di ${name}. Lasci un messaggio dopo il segnale, poi riagganci o prema cancelletto.`,
    thanks: 'Grazie. Il suo messaggio è stato registrato. Arrivederci.',
    full: 'Questa casella è piena e non accetta altri messaggi. Arrivederci.',
    unavailable: 'Ora il suo messaggio non può essere registrato. Richiami più tardi. Arrivederci.',
  },
  pt: {
    greeting: (name) =>
      `Esta é a caixa de correio de ${name}. Deixe uma mensagem após o sinal e desligue, ou prima cardinal.`,
    thanks: 'Obrigado. A sua mensagem foi gravada. Até logo.',
    full: 'Esta caixa está cheia e não aceita mais mensagens. Até logo.',
    unavailable: 'A sua mensagem não pode ser gravada agora. Ligue mais tarde. Até logo.',
  },
  nl: {
    greeting: (name) =>
      `Dit is de voicemail van ${name}. Spreek na de toon een bericht in en hang op, of druk op hekje.`,
    thanks: 'Bedankt. Uw bericht is ingesproken. Tot ziens.',
    full: 'Deze voicemail is vol en neemt geen berichten meer aan. Tot ziens.',
    unavailable: 'Uw bericht kan nu niet worden opgenomen. Bel later terug. Tot ziens.',
  },
  pl: {
    greeting: (name) =>
      `To jest poczta głosowa: ${name}. Zostaw wiadomość po sygnale, a potem odłóż słuchawkę albo naciśnij krzyżyk.`,
    thanks: 'Dziękujemy. Wiadomość została nagrana. Do widzenia.',
    full: 'Ta skrzynka jest pełna i nie przyjmuje wiadomości. Do widzenia.',
    unavailable: 'Nie można teraz nagrać wiadomości. Zadzwoń później. Do widzenia.',
  },
};

/** The words of a language (BCP 47), else English. */
export function mailboxWords(language: string): MailboxWords {
  return WORDS[(language.split('-')[0] ?? '').toLowerCase()] ?? (WORDS['en'] as MailboxWords);
}
