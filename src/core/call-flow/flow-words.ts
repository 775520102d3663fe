/** What the system itself says to callers, in one language. */
export interface FlowWords {
  /** Of a menu without a greeting: for each of its keys. `place`: what was written beside the key. */
  option: (place: string, key: string) => string;
  dialExtension: string;
  wrongKey: string;
  spellName: string;
  nobodyFound: string;
  offer: (name: string, key: string) => string;
  moreNames: (key: string) => string;
  spellAgain: string;
}

/** By the primary subtag of BCP 47. */
const WORDS: Readonly<Record<string, FlowWords>> = {
  en: {
    option: (place, key) => `For ${place}, press ${key}.`,
    dialExtension: 'If you know the extension, dial it now.',
    wrongKey: 'That is not one of the choices.',
    spellName:
      'Spell the first or the last name of the person with the keys of your telephone, then press the hash key.',
    nobodyFound: 'Nobody was found under that name.',
    offer: (name, key) => `For ${name}, press ${key}.`,
    moreNames: (key) => `For more names, press ${key}.`,
    spellAgain: 'To go back, press star.',
  },
  es: {
    option: (place, key) => `Para ${place}, pulse ${key}.`,
    dialExtension: 'Si conoce la extensión, márquela ahora.',
    wrongKey: 'Esa no es una de las opciones.',
    spellName:
      'Deletree el nombre o el apellido de la persona con las teclas de su teléfono y después pulse almohadilla.',
    nobodyFound: 'No se ha encontrado a nadie con ese nombre.',
    offer: (name, key) => `Para ${name}, pulse ${key}.`,
    moreNames: (key) => `Para más nombres, pulse ${key}.`,
    spellAgain: 'Para volver, pulse asterisco.',
  },
  fr: {
    option: (place, key) => `Pour ${place}, appuyez sur ${key}.`,
    dialExtension: 'Si vous connaissez le numéro de poste, composez-le maintenant.',
    wrongKey: 'Ce choix n’existe pas.',
    spellName: 'Épelez le prénom ou le nom de la personne avec les touches de votre téléphone, puis appuyez sur dièse.',
    nobodyFound: 'Personne n’a été trouvé sous ce nom.',
    offer: (name, key) => `Pour ${name}, appuyez sur ${key}.`,
    moreNames: (key) => `Pour d’autres noms, appuyez sur ${key}.`,
    spellAgain: 'Pour revenir, appuyez sur étoile.',
  },
  de: {
    option: (place, key) => `Für ${place} drücken Sie ${key}.`,
    dialExtension: 'Wenn Sie die Durchwahl kennen, wählen Sie sie jetzt.',
    wrongKey: 'Diese Auswahl gibt es nicht.',
    spellName:
      'Buchstabieren Sie den Vor- oder Nachnamen der Person mit den Tasten Ihres Telefons und drücken Sie dann die Rautetaste.',
    nobodyFound: 'Unter diesem Namen wurde niemand gefunden.',
    offer: (name, key) => `Für ${name} drücken Sie ${key}.`,
    moreNames: (key) => `Für weitere Namen drücken Sie ${key}.`,
    spellAgain: 'Zurück mit der Sterntaste.',
  },
  it: {
    option: (place, key) => `Per ${place}, prema ${key}.`,
    dialExtension: 'Se conosce l’interno, lo componga ora.',
    wrongKey: 'Questa scelta non esiste.',
    spellName: 'Componga il nome o il cognome della persona con i tasti del telefono, poi prema cancelletto.',
    nobodyFound: 'Nessuno è stato trovato con questo nome.',
    offer: (name, key) => `Per ${name}, prema ${key}.`,
    moreNames: (key) => `Per altri nomi, prema ${key}.`,
    spellAgain: 'Per tornare indietro, prema asterisco.',
  },
  pt: {
    option: (place, key) => `Para ${place}, prima ${key}.`,
    dialExtension: 'Se souber a extensão, marque-a agora.',
    wrongKey: 'Essa opção não existe.',
    spellName: 'Soletre o nome ou o apelido da pessoa com as teclas do telefone e prima cardinal.',
    nobodyFound: 'Ninguém foi encontrado com esse nome.',
    offer: (name, key) => `Para ${name}, prima ${key}.`,
    moreNames: (key) => `Para mais nomes, prima ${key}.`,
    spellAgain: 'Para voltar, prima asterisco.',
  },
  nl: {
    option: (place, key) => `Voor ${place}, toets ${key}.`,
    dialExtension: 'Weet u het toestelnummer, toets het dan nu in.',
    wrongKey: 'Deze keuze bestaat niet.',
    spellName: 'Spel de voor- of achternaam van de persoon met de toetsen van uw telefoon en toets daarna hekje.',
    nobodyFound: 'Onder deze naam is niemand gevonden.',
    offer: (name, key) => `Voor ${name}, toets ${key}.`,
    moreNames: (key) => `Voor meer namen, toets ${key}.`,
    spellAgain: 'Toets sterretje om terug te gaan.',
  },
  pl: {
    option: (place, key) => `${place}: proszę nacisnąć ${key}.`,
    dialExtension: 'Jeśli znają Państwo numer wewnętrzny, proszę wybrać go teraz.',
    wrongKey: 'Nie ma takiego wyboru.',
    spellName: 'Proszę wpisać imię lub nazwisko osoby klawiszami telefonu, a następnie nacisnąć krzyżyk.',
    nobodyFound: 'Nie znaleziono nikogo o takim nazwisku.',
    offer: (name, key) => `${name}: proszę nacisnąć ${key}.`,
    moreNames: (key) => `Aby usłyszeć więcej nazwisk, proszę nacisnąć ${key}.`,
    spellAgain: 'Aby wrócić, proszę nacisnąć gwiazdkę.',
  },
};

/** The words of a language that there are words for, else English. */
export function flowWords(language: string): FlowWords {
  return WORDS[language.split('-')[0]?.toLowerCase() ?? ''] ?? (WORDS['en'] as FlowWords);
}
