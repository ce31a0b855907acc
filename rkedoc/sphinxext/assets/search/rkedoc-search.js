// The search, on its own page and wherever a theme answers while somebody types: the things of the cluster that rkedoc
// knows by name, and Sphinx's own results below them. It asks nothing of a server, so that it works from disk. Where a
// page has another search than the one that Sphinx 8.2 to 9.1 brings (searchtools.js), it does nothing, and that search
// shows what it finds.
(function () {
  "use strict";

  const source = document.currentScript;
  const ROOT = source.getAttribute("src").replace(/_static\/[^/]*$/, ""); // from this page to where the site begins
  const PAGE = 0, OBJECT = 1, HEADING = 2, ROW = 3, PART = 4; // rkedoc.sphinxext.search.things.Rank
  const AT_ONCE = 50; // results that are shown before the reader asks for more
  const AROUND = 200; // characters of a result's text that are shown
  const HAN = /^[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{323af}]+$/u;
  const LETTER = /[\p{L}\p{N}_]/u;
  const NUMBER = /^[0-9.]+$/;
  const DIGEST = /(?:\S*@)?(?:sha\d+:)?\b([0-9a-f]{12})(?:[0-9a-f]{20,}|…)/g; // of which the index has the first digits

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

  // Stand before a word that means all things of a kind, and before an address (rkedoc.sphinxext.search.index).
  const KIND = "kind:", PLACE = "at:", UNDER = "under:";
  const SAME = 100, ALIAS = 98, OF_KIND = 90, OF_CONCEPT = 85, BEGINS = 58, IS_KIND = 35, ON_ITS_PAGE = 60, FOR_PART = 5, FULL_TEXT = 8;
  const IN_TITLE = [0, 35, 55, 62], IN_TEXT = [0, 10, 30, 45], IN_PLACE = [0, 5, 30, 40];
  const FOR_RANK = [9, 6, 3, 0, 0];

  // Another name for what runs here comes before one for what explains it.
  function aliasWeight(thing) { return thing.page.subject ? ALIAS : OF_CONCEPT; }

  // The kind that a word means, if it means one; a kind of several words has lines between them.
  function kindOf(word) { return word.startsWith(KIND) ? word.slice(KIND.length).replaceAll("_", " ") : word; }

  function ownWeight(thing, word) {
    if (word.startsWith(KIND)) { return thing.kind === kindOf(word) ? OF_KIND : 0; }
    if (word.startsWith(PLACE)) { return `${PLACE}${thing.page.docname}#${thing.anchor}` === word ? ALIAS : 0; }
    if (word.startsWith(UNDER)) { return thing.anchor === word.slice(UNDER.length) ? ALIAS : 0; }
    if (thing.title === word || thing.fullName === word) { return SAME; }
    if (thing.names.includes(word)) { return aliasWeight(thing); }
    const inTitle = fit(thing.title, word);
    return Math.max(
      IN_TITLE[inTitle],
      inTitle && thing.title.startsWith(word) ? BEGINS : 0,
      IN_TEXT[fit(thing.text, word)],
      thing.kind === word ? IS_KIND : 0,
    );
  }

  // The place of a thing counts only beside another word that the thing has itself.
  function placeWeight(thing, word) {
    if (thing.page.title === word) { return ON_ITS_PAGE; }
    return Math.max(...[thing.page.title, thing.heading, thing.where, thing.kind].map((text) => IN_PLACE[fit(text, word)]));
  }

  // Gives the score, and how many of the words that matter the thing lacks.
  function weigh(thing, asked) {
    if (asked.words.length > 1 && thing.names.includes(asked.phrase)) {
      return { score: aliasWeight(thing) + FOR_RANK[thing.rank], lacks: 0 };
    }
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
      else if (asked.words.some((word) => kindOf(word) === thing.kind)) {
        const name = asked.words.filter((word) => kindOf(word) !== thing.kind).join(" "); // "configmap web", "port 53"
        score = thing.title === name || thing.fullName === name ? SAME : fit(thing.title, name) === WHOLE ? Math.max(score, 80) : score;
      }
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
    const phrase = query.toLowerCase().trim().replace(/\s+/g, " ").replace(DIGEST, "$1");
    const asked = [question(phrase)];
    for (const [other, meanings] of Object.entries(same)) {
      const [first, ...others] = other.split("…"); // between which stands what is asked about
      if ([first, ...others].every((part) => (HAN.test(part) ? phrase.includes(part) : fit(phrase, part) === WHOLE))) {
        const left = others.reduce((text, part) => text.replace(part, " "), phrase);
        for (const ours of meanings) { asked.push(question(left.replace(first, ` ${ours} `).replace(/\s+/g, " ").trim())); }
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
      heading: heading.toLowerCase(), names: [], fullName: name ? `${name}/${title}`.toLowerCase() : "",
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

  // The things of a document, the page first.
  function thingsOf(json) {
    const [docname, uri, subject, title, kind, where, text, items, names] = JSON.parse(json);
    const page = thingOf(null, "", [PAGE, "", title, kind, where, text]);
    Object.assign(page, { page, docname, uri, subject, names });
    const found = [page];
    addThings(found, page, page, "", items);
    return found;
  }

  // A document is kept as the text in which it came, and taken apart when something in it may fit.
  class Documents {
    constructor(texts) {
      this.texts = texts;
      this.low = texts.map((text) => text.toLowerCase());
      this.numbers = new Map(texts.map((text, number) => [JSON.parse(text.slice(1, text.indexOf('",') + 1)), number]));
      this.parsed = new Map();
    }

    things(number) {
      if (!this.parsed.has(number)) { this.parsed.set(number, thingsOf(this.texts[number])); }
      return this.parsed.get(number);
    }

    has(docname) { return this.numbers.has(docname); }

    named(docname) { return this.things(this.numbers.get(docname)); }

    // The documents that have all of the words of a question; if none has, those that have any of them.
    with(asked) {
      const words = asked.words.map((word) => (word.startsWith(PLACE)
        ? `["${word.slice(PLACE.length).replace(/#.*/, "").toLowerCase()}",`
        : word.startsWith(UNDER) ? `"${word.slice(UNDER.length)}"`
        : JSON.stringify(word.startsWith(KIND) ? kindOf(word) : word).slice(1, -1)));
      const has = (low) => (word) => low.includes(word) || (HAN.test(word) && pairsIn(low, word) >= 0.75);
      const all = [], some = [];
      this.low.forEach((low, number) => {
        if (words.every(has(low))) { all.push(number); } else if (!all.length && words.some(has(low))) { some.push(number); }
      });
      return all.length ? all : some;
    }
  }

  // -- finding ---------------------------------------------------------------------------------------------------------

  function ours(documents, questions) {
    const hits = new Map();
    for (const [nth, asked] of questions.entries()) {
      for (const number of documents.with(asked)) {
        for (const thing of documents.things(number)) {
          const { score, lacks } = weigh(thing, asked);
          const before = hits.get(thing);
          if (score && (!before || lacks < before.lacks || (lacks === before.lacks && score > before.score))) {
            hits.set(thing, { page: thing.page.docname, title: thing.title, thing, score, lacks, nth });
          }
        }
      }
    }
    let least = Infinity;
    for (const { lacks } of hits.values()) { least = Math.min(least, lacks); }
    const found = [...hits.values()].filter((hit) => hit.lacks === least);
    // Things that lack a word come behind the pages in whose text Sphinx finds all of them.
    if (least) { for (const hit of found) { hit.score = (hit.score * FULL_TEXT) / 200; } }
    return found;
  }

  // Sphinx gives the best last. What it knows of our own things, we know as well.
  function theirs(results, documents) {
    const hits = [];
    results.forEach(([docname, title, anchor, descr, , , kind], order) => {
      const at = anchor.replace(/^#/, "");
      if (!documents.has(docname)) { return; }
      if (kind === "text") {
        hits.push({ page: docname, title: title.toLowerCase(), score: FULL_TEXT, order });
      } else {
        const things = documents.named(docname);
        if (things.some((thing) => thing.anchor === at)) { return; }
        const thing = thingOf(things[0], "", [OBJECT, at, title, "", things[0].shown.where, descr || things[0].shown.text]);
        hits.push({ page: docname, title: thing.title, thing, score: FULL_TEXT, order });
      }
    });
    return hits;
  }

  function compare(one, other) {
    const order = (left, right) => (left < right ? -1 : left > right ? 1 : 0);
    return other.score - one.score || (other.order || 0) - (one.order || 0) || (one.nth || 0) - (other.nth || 0)
      || order(one.title, other.title) || order(one.page, other.page);
  }

  // Each thing once: an object is often described on one page and named on others, and a page is about one of its objects.
  function once(hits) {
    const seen = new Set();
    return hits.filter(({ page, thing, order }) => {
      const names = [];
      if (thing) {
        const { title, kind, where, text } = thing.shown;
        names.push(`at ${page}#${thing.anchor} ${thing.rank === ROW ? title + text : ""}`);
        if (thing.rank <= OBJECT) { names.push(`on ${page} ${title}`); }
        if (thing.rank === OBJECT && order === undefined) { names.push(`is ${kind} ${where} ${title}`); }
      }
      if (order !== undefined) { names.push(`page ${page}`); }
      const again = names.some((name) => seen.has(name));
      [...names, `page ${page}`].forEach((name) => seen.add(name));
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

  function listItem(thing, words) {
    const { kind, where, text, heading } = thing.shown;
    const page = thing.page, name = page.shown.title, isPart = thing.rank === HEADING || thing.rank === PART;
    const title = isPart ? `${name} › ${thing.shown.title}` : thing.shown.title;
    const item = document.createElement("li");
    item.className = `kind-${thing.rank === PAGE ? "title" : "object"} rkedoc-found`;
    const link = item.appendChild(document.createElement("a"));
    link.setAttribute("href", `${ROOT}${page.uri || "./"}${thing.anchor ? "#" : ""}${thing.anchor}`);
    link.textContent = title;
    if (kind) { item.append(" ", element("span", "rkedoc-found-kind", kind)); }
    const known = isPart || thing.rank === PAGE || where.split(" ").includes(name); // the title or the place has said it
    const place = [where, known ? "" : name, isPart ? "" : heading].filter(Boolean).join(" › ");
    if (place) { item.append(" ", element("span", "rkedoc-found-where", place)); }
    if (text) { item.append(piece(text, words)); }
    return item;
  }

  function show(hits, documents, words, wordForMore) {
    const list = Search.output;
    let shown = 0;
    const next = () => {
      const things = hits.slice(shown, shown + AT_ONCE).map((hit) => hit.thing || documents.named(hit.page)[0]);
      list.append(...things.map((thing) => listItem(thing, words)));
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

  function answer(query, index, documents) {
    const asked = questions(query, index.same);
    const results = Search._performSearch(...Search._parseQuery(query));
    const found = once([...ours(documents, asked), ...theirs(results, documents)].sort(compare));
    show(found, documents, [...new Set(asked.flatMap((one) => one.words))], index.words.more);
    _finishSearch(found.length);
  }

  // The index is a script that a page may load from disk too; without it Sphinx answers.
  function load(then) {
    const script = document.createElement("script");
    script.src = new URL(source.dataset.rkedocIndex, source.src).href;
    script.onload = () => then(window.rkedocThings);
    script.onerror = () => then(null);
    document.head.append(script);
  }

  // The index is large: it is loaded when somebody is about to ask, or has asked by the address.
  function install() {
    const known = typeof Search !== "undefined" && Search._parseQuery && Search._performSearch && typeof _finishSearch === "function";
    if (!known) { return false; }
    const plain = Search.query, parse = Search._parseQuery;
    let waiting = null, loading = false;
    const begin = () => {
      if (loading) { return; }
      loading = true;
      load((index) => {
        const documents = index && new Documents(index.documents);
        Search.query = documents ? (query) => answer(query, index, documents) : plain;
        if (waiting !== null) { Search.query(waiting); }
      });
    };
    Search._parseQuery = (query) => withNumbers(parse(query), query);
    Search.query = (query) => { waiting = query; begin(); };
    if (new URLSearchParams(location.search).has("q")) { begin(); }
    // The dialog of the theme hears keys alone: what is pasted, dictated or composed comes without one.
    document.addEventListener("input", ({ target }) => {
      if (target.matches("#pst-search-dialog input[name=q]")) { target.dispatchEvent(new KeyboardEvent("keyup")); }
    });
    document.addEventListener("focusin", ({ target }) => { if (target.matches("input[name=q]")) { begin(); } });
    return true;
  }

  // A theme may load Sphinx's scripts behind this one; language_data.js, the last of them before the index, says so.
  if (!install()) { document.addEventListener("rkedoc-words", install, { once: true }); }
})();
