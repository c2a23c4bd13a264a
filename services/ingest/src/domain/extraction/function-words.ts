/** The commonest function words of languages in Latin and Cyrillic script: they tell languages apart and end phrases. */
const FUNCTION_WORDS: Readonly<Record<string, string>> = {
  en: 'the of and to in a an is that for it as was with be by on not he his but at are this these those have from or had they which one you were all her she there would their we him been has when who whom whose will no nor more if out so up than then its it about into them can could only other some two may might must shall should first do does did any my now such like our us over me even most made after also many much off before well back through where your down because each just how too little very still own both between under never same another while upon within without again around small however during against since until although though whether either neither yet thus hence here what why i am being s t don re ve ll per via among amid despite unless beyond above below toward towards across along behind beside besides except every several few more less least own rather quite already always often sometimes usually perhaps maybe almost enough instead meanwhile moreover furthermore nevertheless otherwise therefore',
  de: 'der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei kann gegen vom können schon wenn habe seine ihre dann unter wir soll ich eines jahr zwei diese dieser wieder keine seiner worden will zwischen immer was sagte alle seit muss doch jetzt ihrer ihr ihm ihn',
  fr: 'de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont ou avec son aux mais comme d été cette ont être sa ses fait elle on deux leur leurs nous vous même ces entre sans aussi après tout bien peut dont était avait ils où si lui très nos notre',
  es: 'de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo han yo hay vez puede todos así nos ni parte tiene él uno donde bien',
  it: 'di e il la che in un a per è una sono mi ho non si con da ma come lo ha le ti i al del della ci se questo più alla anche o delle dei nel nella gli dal suo sua essere era dalla quando cosa stato fatto molto suoi loro hanno dopo prima ancora tutti due perché tra',
  pt: 'de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou quando muito nos já eu também só pelo pela até isso ela entre depois sem mesmo aos seus quem nas me esse eles você essa num nem suas meu às minha numa são foi ser está há',
  nl: 'de het een en van in is dat op te zijn met voor niet die er aan om ook als dan maar door bij uit nog naar heeft hij ze worden wordt over ik was deze of we kan meer al hebben zich geen dit tot onder hun werd zou zo wel wat tussen na veel andere moet haar toen',
  sv: 'och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan man när år säger hon under också efter eller nu sin där vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då sedan över bara in blir upp',
  da: 'og i at det er en til på som den af for med de har der ikke et han var jeg men fra vi så kan om havde man sig hun efter også eller hvor år skal ved nu vil blev ud været op mod siger hvad under kun end da når andre alle mange over',
  no: 'og i det er på som en til av for at med de har den ikke et han om var fra men jeg vi så seg kan å også etter eller nå ved skal vil ble være opp mot under år hun sier dette mer andre når da noe bare alle mellom',
  fi: 'ja on ei se että hän oli joka mutta myös ovat kun niin tai sen jos kuin mitä ole minä ne sitä mukaan jo vain nyt sekä vielä jonka ollut hänen tämä olla siitä voi kuitenkin joita ennen siellä jälkeen kanssa',
  pl: 'i w na z do się nie że to jest o jak za po a co od ale przez dla są tym był jego tylko jej przed oraz lub może było być który która które ich już bardzo czy tego pod między jako roku także przy',
  cs: 'a v se na je že o s z do to i za ve pro jako by ale po od jsou byl které který jeho podle nebo jak až při také být co však jen když která již před není bylo roku mezi',
  hu: 'a az és hogy nem is egy volt ez van meg csak de már ha mint el még azt vagy után amely majd ki minden lehet kell ezt több szerint között pedig lesz fel nagy',
  ro: 'de și în a la cu o pe nu că este un din se care mai pentru să fi au sau prin sunt dar fost după acest această ca lui le despre între când foarte',
  tr: 've bir bu da de için ile olarak çok daha olan gibi en kadar ancak ama sonra değil var ne her o diye göre oldu ya mi iki büyük yeni kendi',
  id: 'yang dan di dengan untuk pada dari ini adalah dalam itu tidak oleh akan juga ke sebagai telah atau dapat karena lebih mereka bahwa saya kami ada bisa sudah setelah',
  vi: 'và của là có được trong cho không các một với này người để những đã từ khi đến như cũng về tại ra năm trên vào',
  ru: 'и в не на я что с он как это по но из у к за от так о же для бы был она его то до мы вы только еще или ее их при все также после если может было который которые',
  uk: 'і в не на що з як це по але із у до за від та для був вона його то ми ви тільки ще або її їх при всі також після якщо може було який які є',
  bg: 'и в на да се не за с от е че като са по до но което той това тя им към или при след само още има беше които който',
};

const sets = new Map<string, ReadonlySet<string>>();
for (const [language, words] of Object.entries(FUNCTION_WORDS)) sets.set(language, new Set(words.split(' ')));

/** Function words by ISO 639-1 code. */
export const functionWords: ReadonlyMap<string, ReadonlySet<string>> = sets;

/** Function words of one language; English when we know none. */
export function functionWordsOf(language: string | null): ReadonlySet<string> {
  return (language === null ? undefined : sets.get(language.slice(0, 2))) ?? (sets.get('en') as ReadonlySet<string>);
}
