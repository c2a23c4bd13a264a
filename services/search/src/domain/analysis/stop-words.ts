/** Function words that carry no topic. Kept short: a query of nothing but these falls back to its raw words. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about after all also an and any are as at be because been before being between both but by can could did do ' +
    'does doing during each for from further had has have having he her here hers him his how i if in into is it its ' +
    'itself just me more most my no nor not of off on once only or other our ours out over own same she should so ' +
    'some such than that the their theirs them then there these they this those through to too under until up us ' +
    'very was we were what when where which while who whom why will with would you your yours'
  ).split(' '),
);
