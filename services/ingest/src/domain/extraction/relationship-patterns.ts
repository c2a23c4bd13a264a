import type { EntityType } from './name-types.ts';

/** What stands between two names, and the relationship that it states. */
export interface RelationshipPattern {
  readonly type: string;
  readonly between: RegExp;
  readonly from: readonly EntityType[] | null;
  readonly to: readonly EntityType[] | null;
  readonly confidence: number;
  readonly isReversed?: boolean;
}

const PERSON = ['person'] as const;
const GROUP = ['organization', 'concept', 'product'] as const;
const PLACE = ['location', 'organization', 'concept'] as const;
const ROLE =
  '(?:the )?(?:\\w+ ){0,2}(?:ceo|cto|cfo|chief executive(?: officer)?|president|chair(?:man|woman)?|director|head|leader|chancellor|prime minister|governor|mayor)';

/** The patterns of English statements. The first that fits decides. */
export const RELATIONSHIP_PATTERNS: readonly RelationshipPattern[] = [
  {
    type: 'FOUNDED',
    between: /\b(?:was |were )?(?:co-?)?founded by\b|\bwas (?:established|started|created) by\b/,
    from: null,
    to: PERSON,
    confidence: 0.82,
    isReversed: true,
  },
  {
    type: 'FOUNDED',
    between: /\b(?:co-?)?found(?:ed|er of|s)\b|\bestablished\b/,
    from: PERSON,
    to: GROUP,
    confidence: 0.8,
  },
  {
    type: 'ACQUIRED',
    between: /\b(?:was |were |been )?(?:acquired|bought|purchased|taken over) by\b/,
    from: GROUP,
    to: GROUP,
    confidence: 0.82,
    isReversed: true,
  },
  {
    type: 'ACQUIRED',
    between: /\b(?:acquired?|acquires|bought|buys|purchased|took over|acquisition of|takeover of)\b/,
    from: GROUP,
    to: GROUP,
    confidence: 0.8,
  },
  {
    type: 'LEADS',
    between: new RegExp(`^,? ?(?:(?:is|was|became|as|who is) )?${ROLE} (?:of|at) (?:the )?$`),
    from: PERSON,
    to: null,
    confidence: 0.82,
  },
  {
    type: 'LEADS',
    between: new RegExp(`^(?:'s|’s)? ?${ROLE},? ?$`),
    from: GROUP,
    to: PERSON,
    confidence: 0.76,
    isReversed: true,
  },
  {
    type: 'LEADS',
    between: /\b(?:leads|led|heads|headed|chairs|chaired|runs|governs|governed)\b/,
    from: PERSON,
    to: null,
    confidence: 0.68,
  },
  {
    type: 'WORKS_FOR',
    between:
      /\b(?:works?|worked|working) (?:for|at|with)\b|\bjoined\b|\b(?:professor|researcher|engineer|scientist|employee|analyst|spokes\w+|lecturer|student|economist) (?:of|at|for|from)\b|\bemployed by\b/,
    from: PERSON,
    to: GROUP,
    confidence: 0.76,
  },
  {
    type: 'BORN_IN',
    between: /\b(?:was )?born (?:on .{1,25} )?(?:in|at)\b|\bis a native of\b/,
    from: PERSON,
    to: PLACE,
    confidence: 0.84,
  },
  { type: 'DIED_IN', between: /\bdied (?:on .{1,25} )?(?:in|at)\b/, from: PERSON, to: PLACE, confidence: 0.82 },
  {
    type: 'MARRIED_TO',
    between: /\b(?:married(?: to)?|(?:his|her) (?:wife|husband|spouse))\b/,
    from: PERSON,
    to: PERSON,
    confidence: 0.78,
  },
  {
    type: 'STUDIED_AT',
    between: /\b(?:studied|graduated|degree|educated)\b.{0,40}\b(?:at|from)\b/,
    from: PERSON,
    to: GROUP,
    confidence: 0.76,
  },
  {
    type: 'LIVES_IN',
    between: /\b(?:lives|lived|resides|resided|settled|moved) (?:in|to)\b/,
    from: PERSON,
    to: PLACE,
    confidence: 0.74,
  },
  {
    type: 'PART_OF',
    between:
      /\b(?:is |was |are )?(?:a |the )?(?:part|subsidiary|division|unit|member|province|state|district|branch) of\b|\bbelongs to\b|\bowned by\b/,
    from: null,
    to: null,
    confidence: 0.74,
  },
  { type: 'CAPITAL_OF', between: /\bcapital (?:city )?of\b/, from: ['location'], to: ['location'], confidence: 0.85 },
  {
    type: 'LOCATED_IN',
    between: /\b(?:is |are |was )?(?:based|headquartered|located|situated) (?:in|at|near)\b/,
    from: null,
    to: PLACE,
    confidence: 0.82,
  },
  { type: 'LOCATED_IN', between: /^, $/, from: ['location'], to: ['location'], confidence: 0.55 },
  {
    type: 'LOCATED_IN',
    between: /^ (?:in|near) (?:the )?$/,
    from: ['organization', 'event', 'location'],
    to: ['location'],
    confidence: 0.6,
  },
  {
    type: 'PARTNERS_WITH',
    between:
      /\b(?:partner(?:s|ed|ing)? with|partnership with|collaborat\w+ with|teamed up with|alliance with|agreement with|joint venture with)\b/,
    from: null,
    to: null,
    confidence: 0.72,
  },
  {
    type: 'COMPETES_WITH',
    between: /\b(?:competes? with|rival(?:s|ed|ing)?|competitor (?:of|to))\b/,
    from: null,
    to: null,
    confidence: 0.68,
  },
  {
    type: 'INVESTED_IN',
    between: /\b(?:invest(?:s|ed|ing)? (?:\S+ ){0,4}in|backed|funded|financed)\b/,
    from: null,
    to: null,
    confidence: 0.7,
  },
  {
    type: 'CREATED',
    between:
      /\b(?:was |were )?(?:written|designed|developed|created|invented|painted|composed|directed|built|made|produced|released|discovered|proposed) by\b/,
    from: null,
    to: null,
    confidence: 0.76,
    isReversed: true,
  },
  {
    type: 'CREATED',
    between:
      /\b(?:wrote|writes|designed|developed|develops|created|invented|painted|composed|directed|built|launched|released|unveiled|introduced|discovered|proposed|manufactures|produces)\b/,
    from: ['person', 'organization', 'concept'],
    to: null,
    confidence: 0.66,
  },
  {
    type: 'SUCCEEDED',
    between: /\b(?:succeeded|replaced|succeeds|replaces|took over from)\b/,
    from: PERSON,
    to: PERSON,
    confidence: 0.72,
  },
  {
    type: 'MET_WITH',
    between: /\b(?:met(?: with)?|meets(?: with)?|talks with|spoke with|negotiat\w+ with)\b/,
    from: ['person', 'organization'],
    to: ['person', 'organization'],
    confidence: 0.64,
  },
  {
    type: 'PARTICIPATED_IN',
    between: /\b(?:participat\w+|competed|took part|spoke|fought|attended|won)\b(?: (?:in|at))?/,
    from: null,
    to: ['event'],
    confidence: 0.7,
  },
  {
    type: 'USES',
    between: /\b(?:uses|used|using|adopted|relies on|runs on|depends on|is built on|is based on)\b/,
    from: null,
    to: ['product', 'organization', 'concept'],
    confidence: 0.6,
  },
];
