/** What the system itself says to those who speak or use a phone, in one language. Numbers are given as they are read out. */
export interface PhoneWords {
  /** To both, before it begins (rule 10). */
  recorded: string;
  recordingPaused: string;
  recordingGoesOn: string;
  /** To whoever answered elsewhere: a key takes the call. */
  callFrom: (who: string, key: string) => string;
  hiddenCaller: string;
  placeFree: (place: string) => string;
  noPlaceFree: string;
  parkedIn: (place: string) => string;
  doNotDisturbOn: string;
  doNotDisturbOff: string;
  callWaitingOn: string;
  callWaitingOff: string;
  forwardOn: (to: string) => string;
  forwardOff: string;
  cannotForward: string;
}

/** By the primary subtag of BCP 47. */
const WORDS: Readonly<Record<string, PhoneWords>> = {
  en: {
    recorded: 'This call is recorded.',
    recordingPaused: 'The recording is paused.',
    recordingGoesOn: 'The recording goes on.',
    callFrom: (who, key) => `Call from ${who}. Press ${key} to take it.`,
    hiddenCaller: 'somebody who does not show a number',
    placeFree: (place) => `Place ${place}. Transfer the call now.`,
    noPlaceFree: 'There is no free place.',
    parkedIn: (place) => `Parked in ${place}.`,
    doNotDisturbOn: 'Do not disturb is on.',
    doNotDisturbOff: 'Do not disturb is off.',
    callWaitingOn: 'Call waiting is on.',
    callWaitingOff: 'Call waiting is off.',
    forwardOn: (to) => `Your calls go to ${to}.`,
    forwardOff: 'Your calls come to you again.',
    cannotForward: 'Your calls cannot go there.',
  },
  es: {
    recorded: 'Esta llamada se graba.',
    recordingPaused: 'La grabación está en pausa.',
    recordingGoesOn: 'La grabación continúa.',
    callFrom: (who, key) => `Llamada de ${who}. Pulse ${key} para aceptarla.`,
    hiddenCaller: 'alguien que no muestra su número',
    placeFree: (place) => `Plaza ${place}. Transfiera la llamada ahora.`,
    noPlaceFree: 'No hay ninguna plaza libre.',
    parkedIn: (place) => `Aparcada en ${place}.`,
    doNotDisturbOn: 'No molestar está activado.',
    doNotDisturbOff: 'No molestar está desactivado.',
    callWaitingOn: 'La llamada en espera está activada.',
    callWaitingOff: 'La llamada en espera está desactivada.',
    forwardOn: (to) => `Sus llamadas van a ${to}.`,
    forwardOff: 'Sus llamadas vuelven a llegarle a usted.',
    cannotForward: 'Sus llamadas no pueden ir allí.',
  },
  fr: {
    recorded: 'Cet appel est enregistré.',
    recordingPaused: 'L’enregistrement est en pause.',
    recordingGoesOn: 'L’enregistrement reprend.',
    callFrom: (who, key) => `Appel de ${who}. Appuyez sur ${key} pour le prendre.`,
    hiddenCaller: 'quelqu’un qui masque son numéro',
    placeFree: (place) => `Place ${place}. Transférez l’appel maintenant.`,
    noPlaceFree: 'Aucune place n’est libre.',
    parkedIn: (place) => `Appel en attente à la place ${place}.`,
    doNotDisturbOn: 'Ne pas déranger est activé.',
    doNotDisturbOff: 'Ne pas déranger est désactivé.',
    callWaitingOn: 'Le signal d’appel est activé.',
    callWaitingOff: 'Le signal d’appel est désactivé.',
    forwardOn: (to) => `Vos appels sont renvoyés vers ${to}.`,
    forwardOff: 'Vos appels vous parviennent de nouveau.',
    cannotForward: 'Vos appels ne peuvent pas être renvoyés là.',
  },
  de: {
    recorded: 'Dieses Gespräch wird aufgezeichnet.',
    recordingPaused: 'Die Aufzeichnung ist angehalten.',
    recordingGoesOn: 'Die Aufzeichnung läuft weiter.',
    callFrom: (who, key) => `Anruf von ${who}. Drücken Sie ${key}, um ihn anzunehmen.`,
    hiddenCaller: 'jemandem, der seine Nummer nicht zeigt',
    placeFree: (place) => `Platz ${place}. Leiten Sie den Anruf jetzt weiter.`,
    noPlaceFree: 'Es ist kein Platz frei.',
    parkedIn: (place) => `Geparkt auf ${place}.`,
    doNotDisturbOn: 'Nicht stören ist eingeschaltet.',
    doNotDisturbOff: 'Nicht stören ist ausgeschaltet.',
    callWaitingOn: 'Anklopfen ist eingeschaltet.',
    callWaitingOff: 'Anklopfen ist ausgeschaltet.',
    forwardOn: (to) => `Ihre Anrufe gehen an ${to}.`,
    forwardOff: 'Ihre Anrufe kommen wieder bei Ihnen an.',
    cannotForward: 'Dorthin können Ihre Anrufe nicht gehen.',
  },
  it: {
    recorded: 'Questa chiamata viene registrata.',
    recordingPaused: 'La registrazione è in pausa.',
    recordingGoesOn: 'La registrazione continua.',
    callFrom: (who, key) => `Chiamata da ${who}. Prema ${key} per rispondere.`,
    hiddenCaller: 'qualcuno che non mostra il numero',
    placeFree: (place) => `Posto ${place}. Trasferisca ora la chiamata.`,
    noPlaceFree: 'Nessun posto è libero.',
    parkedIn: (place) => `Parcheggiata al posto ${place}.`,
    doNotDisturbOn: 'Non disturbare è attivo.',
    doNotDisturbOff: 'Non disturbare non è attivo.',
    callWaitingOn: 'L’avviso di chiamata è attivo.',
    callWaitingOff: 'L’avviso di chiamata non è attivo.',
    forwardOn: (to) => `Le sue chiamate vanno a ${to}.`,
    forwardOff: 'Le sue chiamate arrivano di nuovo a lei.',
    cannotForward: 'Le sue chiamate non possono andare lì.',
  },
  pt: {
    recorded: 'Esta chamada é gravada.',
    recordingPaused: 'A gravação está em pausa.',
    recordingGoesOn: 'A gravação continua.',
    callFrom: (who, key) => `Chamada de ${who}. Prima ${key} para a atender.`,
    hiddenCaller: 'alguém que não mostra o número',
    placeFree: (place) => `Lugar ${place}. Transfira a chamada agora.`,
    noPlaceFree: 'Não há nenhum lugar livre.',
    parkedIn: (place) => `Estacionada no lugar ${place}.`,
    doNotDisturbOn: 'Não incomodar está ativado.',
    doNotDisturbOff: 'Não incomodar está desativado.',
    callWaitingOn: 'A chamada em espera está ativada.',
    callWaitingOff: 'A chamada em espera está desativada.',
    forwardOn: (to) => `As suas chamadas vão para ${to}.`,
    forwardOff: 'As suas chamadas voltam a chegar até si.',
    cannotForward: 'As suas chamadas não podem ir para aí.',
  },
  nl: {
    recorded: 'Dit gesprek wordt opgenomen.',
    recordingPaused: 'De opname is onderbroken.',
    recordingGoesOn: 'De opname gaat verder.',
    callFrom: (who, key) => `Oproep van ${who}. Toets ${key} om hem aan te nemen.`,
    hiddenCaller: 'iemand die geen nummer toont',
    placeFree: (place) => `Plaats ${place}. Verbind de oproep nu door.`,
    noPlaceFree: 'Er is geen plaats vrij.',
    parkedIn: (place) => `Geparkeerd op ${place}.`,
    doNotDisturbOn: 'Niet storen staat aan.',
    doNotDisturbOff: 'Niet storen staat uit.',
    callWaitingOn: 'Wisselgesprek staat aan.',
    callWaitingOff: 'Wisselgesprek staat uit.',
    forwardOn: (to) => `Uw oproepen gaan naar ${to}.`,
    forwardOff: 'Uw oproepen komen weer bij u aan.',
    cannotForward: 'Uw oproepen kunnen daar niet heen.',
  },
  pl: {
    recorded: 'Ta rozmowa jest nagrywana.',
    recordingPaused: 'Nagrywanie jest wstrzymane.',
    recordingGoesOn: 'Nagrywanie trwa dalej.',
    callFrom: (who, key) => `Dzwoni ${who}. Aby odebrać, proszę nacisnąć ${key}.`,
    hiddenCaller: 'ktoś, kto nie pokazuje numeru',
    placeFree: (place) => `Miejsce ${place}. Proszę teraz przekazać rozmowę.`,
    noPlaceFree: 'Nie ma wolnego miejsca.',
    parkedIn: (place) => `Rozmowa czeka na miejscu ${place}.`,
    doNotDisturbOn: 'Tryb nie przeszkadzać jest włączony.',
    doNotDisturbOff: 'Tryb nie przeszkadzać jest wyłączony.',
    callWaitingOn: 'Połączenia oczekujące są włączone.',
    callWaitingOff: 'Połączenia oczekujące są wyłączone.',
    forwardOn: (to) => `Państwa połączenia są kierowane na ${to}.`,
    forwardOff: 'Państwa połączenia znów trafiają do Państwa.',
    cannotForward: 'Państwa połączenia nie mogą tam trafić.',
  },
};

/** The words of a language that there are words for, else English. */
export function phoneWords(language: string): PhoneWords {
  return WORDS[language.split('-')[0]?.toLowerCase() ?? ''] ?? (WORDS['en'] as PhoneWords);
}

/** A number as it is read out, digit by digit; a name as it is. */
export function readOut(number: string): string {
  return /^\+?\d+$/.test(number) ? number.replace('+', '').split('').join(' ') : number;
}
