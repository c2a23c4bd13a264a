const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Titles before a person's name. */
export const PERSON_TITLES = words(
  'mr mrs ms miss dr prof professor sir lord lady dame president chancellor minister senator governor mayor judge justice king queen prince princess emperor pope bishop archbishop cardinal rabbi imam general colonel captain major sergeant admiral lieutenant inspector detective marshal duke duchess count baron earl conductor violinist pianist ambassador secretary congressman congresswoman representative coach ceo cto cfo chairman chairwoman director author engineer scientist physicist mathematician historian economist actor actress singer herr frau doktor monsieur madame señor señora',
);

/** Titles that are part of speech about a person but never part of the name. */
export const NAME_SUFFIXES = words('jr sr ii iii iv phd md esq');

/** Last words of organizations' names. */
export const ORGANIZATION_SUFFIXES = words(
  'inc corp corporation ltd llc plc gmbh ag se sa co company companies university universität college school institute institution academy laboratory laboratories lab labs bank group holdings partners ventures capital foundation association society federation union league committee commission council parliament congress senate ministry department agency authority bureau office administration police army navy force court tribunal party movement alliance coalition church museum library hospital clinic airlines airways motors industries systems technologies technology software networks media press news times post journal magazine studios records pictures entertainment club team orchestra consortium cooperative trust fund exchange organization organisation network service services international energy dynamics logistics electronics pharmaceuticals solutions analytics robotics aerospace semiconductors insurance telecom foods steel airways',
);

/** First words of organizations' names, before `of` or a place. */
export const ORGANIZATION_PREFIXES = words(
  'university bank ministry department institute association federation council court house board bureau office academy college school church museum society union confederation order league journal parliament government',
);

/** Last words of places' names. */
export const LOCATION_SUFFIXES = words(
  'river lake sea ocean bay gulf strait island islands mountain mountains hill hills valley desert forest peninsula county city town village province state district street avenue road square park beach coast canyon falls airport harbor harbour bridge basin plateau region territory republic kingdom castle palace',
);

/** First words of places' names. */
export const LOCATION_PREFIXES = words(
  'mount lake river cape fort port saint san santa los las el isle gulf bay republic kingdom',
);

/** Words that make a name an event. */
export const EVENT_WORDS = words(
  'war battle olympics games cup conference summit congress festival revolution election elections championship championships treaty agreement accord accords forum exhibition expo symposium workshop marathon tournament massacre uprising referendum crisis pandemic hurricane earthquake prix',
);

/** Prepositions that usually stand before a place. */
export const PLACE_PREPOSITIONS = words(
  'in at from near to across throughout into around outside inside toward towards via between',
);

/** Verbs that mostly persons do. */
export const PERSON_VERBS = words(
  'said says told wrote writes argued argues believes believed thinks thought asked added replied explained recalled admitted joked born died married grew graduated studied resigned smiled laughed walked sang testified who whose he she',
);

/** Verbs that mostly organizations do. */
export const ORGANIZATION_VERBS = words(
  'announced acquired launched released employs employed reported unveiled manufactures produces operates raised merged hired filed sued fined offers sells shipped invested',
);

/** Months, days and other capitalised words that name nothing by themselves. */
export const NEVER_NAMES = words(
  'january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun i am pm ad bc bce ce ok yes no abstract introduction conclusion conclusions references figure table chapter section appendix note notes summary contents today yesterday tomorrow internet web english german french spanish italian russian chinese japanese american british european african asian indian http https url api json html xml pdf css sql faq todo id ids utc gmt mr mrs ms dr prof copyright continue click read more share subscribe menu home about contact',
);

/** Lower-case words that may stand inside a name. */
export const NAME_PARTICLES = words(
  'of de da di do dos das del della des du van von der den la le el al bin ibn y zu zur für the and for',
);

/** Last words of names that stand for an idea. */
export const CONCEPT_SUFFIXES = words(
  'prize award medal act law theory theorem effect method algorithm protocol model equation number principle syndrome disease virus language test constant paradox rule standard',
);
