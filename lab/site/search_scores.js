// How the search of the site ranks: a page whose title has the word comes before a member of a class with that name,
// and what helps before what was decided or has changed.
// Sphinx's own numbers are in its searchtools.js.
var Scorer = {
  score: ([page, , , , score]) => (/CHANGELOG|decisions\//.test(page) ? score - 4 : score),
  objNameMatch: 6,
  objPartialMatch: 1,
  objPrio: { 0: 2, 1: 0, 2: -2 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
