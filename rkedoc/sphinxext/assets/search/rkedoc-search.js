// The page of the search: the things of the cluster that rkedoc knows by name, and Sphinx's own results below them.
// It asks nothing of a server, so that it works from disk. Where the page has another search than the one that Sphinx
// 8.2 to 9.1 brings (searchtools.js), it does nothing, and that search shows what it finds.
(function () {
  "use strict";

  const PAGE = 0, OBJECT = 1, HEADING = 2, ROW = 3, PART = 4; // rkedoc.sphinxext.search.things.Rank
  const AT_ONCE = 50; // results that are shown before the reader asks for more
  const AROUND = 200; // characters of a result's text that are shown
  const HAN = /^[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]+$/u;
  const LETTER = /[\p{L}\p{N}_]/u;
  const NUMBER = /^[0-9.]+$/;

  // -- how well a word fits a text: not at all, inside of a word, as a part of a name, or as a whole --------------

  const [NOT, INSIDE, PIECE, WHOLE] = [0, 1, 2, 3];

  function isLetter(text, at) { return at >= 0 && at < text.length && LETTER.test(text[at]); }

  // A name goes on over a point or a hyphen that has a letter behind it: "web" is a piece of "web-1", not of "web-".
  function goesOn(text, at, step) {
    return isLetter(text, at) || ((text[at] === "." || text[at] === "-") && isLetter(text, at + step));
  }

  function fit(text, word) {
    let best = NOT;
    for (let at = text.indexOf(word); at >= 0 && best < WHOLE; at = text.indexOf(word, at + 1)) {
      const end = at + word.length;
      const found = isLetter(text, at - 1) || isLetter(text, end) ? INSIDE
        : goesOn(text, at - 1, -1) || goesOn(text, end, 1) ? PIECE : WHOLE;
      best = Math.max(best, found);
    }
    if (best === INSIDE && NUMBER.test(word)) { return NOT; } // 80 is not in 8080
    return best || (HAN.test(word) && pairsIn(text, word) >= 0.75 ? INSIDE : NOT);
  }

  // The share of the pairs of neighbours in a Chinese word that a text has: where words begin and end is not known.
  function pairsIn(text, word) {
    const letters = Array.from(word);
    if (letters.length < 4) { return 0; }
    let found = 0;
    for (let at = 0; at + 1 < letters.length; at++) { found += text.includes(letters[at] + letters[at + 1]) ? 1 : 0; }
    return found / (letters.length - 1);
  }

  // -- how much a thing is what was asked for -----------------------------------------------------------------------

  const KIND = "kind:"; // stands before a word that means all things of a kind (rkedoc.sphinxext.search.index)
  const SAME = 100, OF_KIND = 90, BEGINS = 58, IS_KIND = 35, ON_ITS_PAGE = 60, FOR_PART = 5, FULL_TEXT = 8, IN_PART = 7;
  const IN_TITLE = [0, 35, 55, 62], IN_TEXT = [0, 10, 30, 45], IN_PLACE = [0, 5, 30, 40];
  const FOR_RANK = [9, 6, 3, 0, 0];

  function ownWeight(thing, word) {
    if (word.startsWith(KIND)) { return thing.kind === word.slice(KIND.length) ? OF_KIND : 0; }
    if (thing.title === word || thing.fullName === word) { return SAME; }
    const inTitle = fit(thing.title, word);
    return Math.max(
      IN_TITLE[inTitle],
      inTitle && thing.title.startsWith(word) ? BEGINS : 0,
      IN_TEXT[fit(thing.text, word)],
      thing.kind === word || thing.kind.replaceAll(" ", "") === word ? IS_KIND : 0,
    );
  }

  // The place of a thing counts only beside another word that the thing has itself.
  function placeWeight(thing, word) {
    if (thing.page.title === word) { return ON_ITS_PAGE; }
    return Math.max(...[thing.page.title, thing.heading, thing.where, thing.kind].map((text) => IN_PLACE[fit(text, word)]));
  }

  // Gives the score, and how many of the words that matter the thing lacks.
  function weigh(thing, asked) {
    let sum = 0, own = 0, placed = 0, lacks = 0;
    for (const word of asked.words) {
      const ofThing = ownWeight(thing, word);
      const ofPlace = asked.words.length > 1 && ofThing < SAME ? placeWeight(thing, word) : 0;
      sum += Math.max(ofThing, ofPlace);
      own += ofThing ? 1 : 0;
      placed += ofPlace ? 1 : 0;
      lacks += ofThing || ofPlace ? 0 : 1;
    }
    if (!own) { return { score: 0, lacks: asked.words.length }; }
    if (thing.rank === PART && !placed) { return { score: FOR_PART, lacks }; }
    let score = sum / asked.words.length;
    if (asked.words.length > 1) {
      if (thing.title === asked.phrase || thing.fullName === asked.phrase) { score = SAME; }
      else if (fit(thing.title, asked.phrase) === WHOLE) { score = Math.max(score, 80); }
      else if (fit(thing.text, asked.phrase)) { score += 5; }
    }
    return { score: score + FOR_RANK[thing.rank] + (thing.page.subject ? 1 : 0), lacks };
  }

  // -- what was asked -----------------------------------------------------------------------------------------------

  function question(phrase) {
    const all = phrase.split(/[\s,，、。？?！!;；]+/u).filter(Boolean);
    const strong = all.filter((word) => !window.stopwords || !window.stopwords.has(word));
    return { phrase, words: strong.length ? strong : all };
  }

  // The question as it was typed, and with the words of this site in place of others that mean the same.
  function questions(query, same) {
    const phrase = query.toLowerCase().trim().replace(/\s+/g, " ");
    const asked = [question(phrase)];
    for (const [other, ours] of Object.entries(same)) {
      if (HAN.test(other) ? phrase.includes(other) : fit(phrase, other) === WHOLE) {
        asked.push(question(phrase.replace(other, HAN.test(other) ? ` ${ours} ` : ours).trim()));
      }
    }
    return asked;
  }

  // -- the things -----------------------------------------------------------------------------------------------------

  function thingOf(page, heading, [rank, anchor, title, kind, where, text]) {
    const name = where.split(" ").pop();
    return {
      page, anchor, rank,
      shown: { title, kind, where, text, heading },
      title: title.toLowerCase(), kind: kind.toLowerCase(), where: where.toLowerCase(), text: text.toLowerCase(),
      heading: heading.toLowerCase(), fullName: name ? `${name}/${title}`.toLowerCase() : "",
    };
  }

  // The things below a page, or below a part of it.
  function addThings(found, page, above, heading, items) {
    for (const [rank, anchor, title, kind, where, text, below] of items) {
      const isPart = rank === HEADING || rank === PART;
      const thing = thingOf(page, heading, [
        rank, anchor || above.anchor, title, kind || (isPart ? page.shown.kind : ""), where || page.shown.where, text,
      ]);
      found.push(thing);
      if (below) { addThings(found, page, thing, title, below); }
    }
  }

  function thingsOf(index) {
    const found = [];
    for (const [docname, uri, subject, title, kind, where, text, items] of index.documents) {
      const page = thingOf(null, "", [PAGE, "", title, kind, where, text]);
      Object.assign(page, { page, docname, uri, subject });
      found.push(page);
      addThings(found, page, page, "", items);
    }
    return found;
  }

  // -- finding ---------------------------------------------------------------------------------------------------------

  function best(thing, asked) {
    let found = { score: 0, lacks: Infinity };
    for (const one of asked) {
      const now = weigh(thing, one);
      if (now.score && (now.lacks < found.lacks || (now.lacks === found.lacks && now.score > found.score))) { found = now; }
    }
    return found;
  }

  function ours(things, asked) {
    let hits = [];
    for (const thing of things) {
      const { score, lacks } = best(thing, asked);
      if (score) { hits.push({ thing, score, lacks }); }
    }
    const least = hits.reduce((least, hit) => Math.min(least, hit.lacks), Infinity);
    hits = hits.filter((hit) => hit.lacks === least);
    // Things that lack a word come behind the pages in whose text Sphinx finds all of them.
    if (least) { for (const hit of hits) { hit.score = (hit.score * IN_PART) / 200; } }
    return hits;
  }

  function theirs(results, things) {
    const pages = new Map(things.filter((thing) => thing.rank === PAGE).map((page) => [page.docname, page]));
    const known = new Set(things.map((thing) => `${thing.page.docname}#${thing.anchor}`));
    const hits = [];
    results.forEach(([docname, title, anchor, descr, _score, _file, kind], order) => {
      const page = pages.get(docname);
      const at = anchor.replace(/^#/, "");
      if (!page || (kind !== "text" && known.has(`${docname}#${at}`))) { return; }
      const [name, text] = kind === "text" ? [page.shown.title, page.shown.text] : [title, descr || page.shown.text];
      const thing = thingOf(page, "", [kind === "text" ? PAGE : OBJECT, at, name, kind === "text" ? page.shown.kind : "", page.shown.where, text]);
      hits.push({ thing, score: FULL_TEXT, order, lacks: 0 });
    });
    return hits;
  }

  function compare(one, other) {
    return other.score - one.score || (other.order || 0) - (one.order || 0)
      || (one.thing.title < other.thing.title ? -1 : one.thing.title > other.thing.title ? 1 : 0)
      || (one.thing.page.docname < other.thing.page.docname ? -1 : one.thing.page.docname > other.thing.page.docname ? 1 : 0);
  }

  // Each thing once: an object is often described on one page and named on others, and a page is about one of its objects.
  function once(hits) {
    const seen = new Set();
    return hits.filter(({ thing, order }) => {
      const { title, kind, where, text } = thing.shown;
      const names = [`at ${thing.page.docname}#${thing.anchor} ${thing.rank === ROW ? title + text : ""}`];
      if (thing.rank <= OBJECT) { names.push(`on ${thing.page.docname} ${title}`); }
      if (thing.rank === OBJECT && order === undefined) { names.push(`is ${kind} ${where} ${title}`); }
      if (order !== undefined) { names.push(`page ${thing.page.docname}`); }
      const again = names.some((name) => seen.has(name));
      [...names, `page ${thing.page.docname}`].forEach((name) => seen.add(name));
      return !again;
    });
  }

  // -- showing -----------------------------------------------------------------------------------------------------------

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  }

  // The piece of a text in which the words stand, with the words marked.
  function piece(text, words) {
    const low = text.toLowerCase();
    const at = Math.min(...words.map((word) => low.indexOf(word)).filter((found) => found >= 0));
    const from = at === Infinity || at < AROUND * 0.75 ? 0 : at - Math.floor(AROUND / 4);
    const shown = text.slice(from, from + AROUND);
    const line = element("p", "context", from ? "…" : "");
    const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    for (const part of pattern ? shown.split(new RegExp(`(${pattern})`, "giu")) : [shown]) {
      line.append(words.includes(part.toLowerCase()) ? element("mark", "", part) : part);
    }
    if (from + AROUND < text.length) { line.append("…"); }
    return line;
  }

  function listItem({ thing }, words) {
    const { kind, where, text, heading } = thing.shown;
    const page = thing.page, name = page.shown.title, isPart = thing.rank === HEADING || thing.rank === PART;
    const title = isPart ? `${name} › ${thing.shown.title}` : thing.shown.title;
    const item = document.createElement("li");
    item.className = `kind-${thing.rank === PAGE ? "title" : "object"} rkedoc-found`;
    const link = item.appendChild(document.createElement("a"));
    link.href = thing.anchor ? `${page.uri}#${thing.anchor}` : page.uri || "#";
    link.textContent = title;
    if (kind) { item.append(" ", element("span", "rkedoc-found-kind", kind)); }
    const known = isPart || thing.rank === PAGE || where.split(" ").includes(name); // the title or the place has said it
    const place = [where, known ? "" : name, heading].filter(Boolean).join(" › ");
    if (place) { item.append(" ", element("span", "rkedoc-found-where", place)); }
    if (text) { item.append(piece(text, words)); }
    return item;
  }

  function show(hits, words, wordForMore) {
    const list = Search.output;
    let shown = 0;
    const next = () => {
      list.append(...hits.slice(shown, shown + AT_ONCE).map((hit) => listItem(hit, words)));
      shown += AT_ONCE;
    };
    next();
    if (shown < hits.length) {
      const more = element("button", "rkedoc-found-more", wordForMore);
      more.type = "button";
      more.addEventListener("click", () => {
        const first = shown;
        next();
        const link = list.children[first] && list.children[first].querySelector("a");
        if (link) { link.focus(); }
        if (shown >= hits.length) { more.remove(); }
      });
      list.after(more);
    }
  }

  // -- Sphinx's search -----------------------------------------------------------------------------------------------------

  // Sphinx's page leaves numbers out of the question (rkedoc.sphinxext.search.words keeps these).
  function withNumbers(parsed, query) {
    for (const term of splitQuery(query)) {
      if (/^[0-9]{2,5}$/.test(term)) { parsed[1].add(term); }
    }
    return parsed;
  }

  function install(index) {
    const parse = Search._parseQuery;
    let things = null;
    Search._parseQuery = (query) => withNumbers(parse(query), query);
    Search.query = (query) => {
      things = things || thingsOf(index);
      const asked = questions(query, index.same);
      const hits = [...ours(things, asked), ...theirs(Search._performSearch(...Search._parseQuery(query)), things)];
      const found = once(hits.sort(compare));
      show(found, [...new Set(asked.flatMap((one) => one.words))], index.words.more);
      _finishSearch(found.length);
    };
  }

  const known = typeof Search !== "undefined" && Search._parseQuery && Search._performSearch && typeof _finishSearch === "function";
  if (known && window.rkedocThings) { install(window.rkedocThings); }
})();
