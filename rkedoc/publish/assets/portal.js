// Written by `rkedoc publish`: filters and sorts the clusters, shows lists over all of them, and searches in all. Works from a disk; nothing leaves but
// requests for the scripts beside it, which hold the data.
(function () {
  "use strict";
  const body = document.body, words = JSON.parse(body.dataset.words), code = body.dataset.code, key = body.dataset.key;
  const here = document.currentScript.src.replace(/portal\.js(\?.*)?$/, "");
  const data = {}, waiting = {};
  const DAY = 86400000, STEP = 200, FOUND = 50;

  window.rkedocPortal = function (name, value) {
    data[name] = value;
    (waiting[name] || []).forEach(function (go) { go(); });
    delete waiting[name];
  };

  function load(name, go) {
    if (name in data) { go(); return; }
    if (waiting[name]) { waiting[name].push(go); return; }
    waiting[name] = [go];
    const script = document.createElement("script");
    script.src = here + code + "/" + name + ".js";
    // A shard that is not there holds nothing.
    script.onerror = function () { window.rkedocPortal(name, []); };
    document.head.append(script);
  }

  function make(tag, text, name) {
    const found = document.createElement(tag);
    if (text) { found.textContent = text; }
    if (name) { found.className = name; }
    return found;
  }

  function say(text, values) {
    return text.replace(/\{(\w+)\}/g, function (_all, name) { return values[name]; });
  }

  function fold(text) { return text.toLowerCase(); }

  // What is chosen stands in the address, so that a view can be sent to others and is there again after going back.
  function state() { return new URLSearchParams(location.hash.indexOf("=") > 0 ? location.hash.slice(1) : ""); }
  function keep(name, value) {
    const now = state();
    if (value) { now.set(name, value); } else { now.delete(name); }
    const text = now.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }

  function daysSince(time) { return Math.floor((Date.now() - Date.parse(time)) / DAY); }

  function clusters() {
    const table = document.querySelector("table.clusters");
    if (!table) { return; }
    const rows = Array.from(table.tBodies[0].rows), states = {};
    let ended = 0, ill = 0, silent = 0;
    for (const row of rows) {
      const found = [], age = daysSince(row.dataset.time), time = row.querySelector("time.age");
      let first = "9999";
      for (const one of row.querySelectorAll("[data-ends]")) {
        first = one.dataset.ends < first ? one.dataset.ends : first;
        if (Date.parse(one.dataset.ends) + DAY <= Date.now()) {
          one.classList.add("ended");
          found.push("ended");
          one.querySelector("span").textContent = say("latest" in one.dataset ? words.endedBy : words.endedOn, { day: one.dataset.ends });
        }
      }
      if (found.length) { ended += 1; row.querySelector(".ends").before(make("span", words.ended, "badge bad"), " "); }
      if (Number(row.dataset.grave)) { ill += 1; found.push("problems"); }
      if (age >= 0) {
        time.after(" ", make("span", age ? say(words.daysAgo, { days: age }) : words.today, "muted"));
        if (age >= words.noNewsDays) { silent += 1; found.push("noNews"); time.parentNode.append(" ", make("span", say(words.noNews, { days: age }), "badge bad")); }
      }
      row.rkedoc = { text: fold(row.textContent), states: found, support: first };
      found.concat(found.length ? [] : ["fine"]).forEach(function (name) { states[name] = 1; });
    }
    const summary = document.getElementById("summary");
    summary.textContent = say(words.summary, { total: rows.length, ended: ended, problems: ill, silent: silent, days: words.noNewsDays });
    summary.hidden = false;

    const filter = document.getElementById("filter"), choice = document.getElementById("state");
    for (const name of ["problems", "ended", "noNews", "fine"]) {
      if (!states[name]) { continue; }
      const option = make("option", say(words[name], { days: words.noNewsDays }));
      option.value = name;
      choice.append(option);
    }
    document.querySelector(".tools").hidden = false;

    function show() {
      const wanted = fold(filter.value.trim()), one = choice.value;
      let count = 0;
      for (const row of rows) {
        const fits = row.rkedoc.text.includes(wanted) && (!one || (one === "fine" ? !row.rkedoc.states.length : row.rkedoc.states.includes(one)));
        row.hidden = !fits;
        count += fits ? 1 : 0;
      }
      document.getElementById("shown").textContent = say(words.shown, { count: count, total: rows.length });
    }

    const values = {
      name: function (row) { return row.cells[0].textContent.trim(); }, runs: function (row) { return row.cells[1].textContent.trim(); },
      support: function (row) { return row.rkedoc.support; }, problems: function (row) { return Number(row.dataset.grave) * 1000 + Number(row.dataset.watch); },
      time: function (row) { return row.dataset.time; }, lately: function (row) { return Number(row.dataset.lately); }, owners: function (row) { return row.cells[6].textContent.trim(); },
    };
    const downwards = { problems: true, lately: true };
    const order = new Intl.Collator(document.documentElement.lang, { numeric: true });

    function sort(by, turned) {
      const value = values[by];
      const sorted = rows.slice().sort(function (a, b) {
        const x = value(a), y = value(b);
        return typeof x === "number" ? x - y : order.compare(x, y);
      });
      if (Boolean(downwards[by]) !== turned) { sorted.reverse(); }
      table.tBodies[0].append.apply(table.tBodies[0], sorted);
      for (const head of table.tHead.rows[0].cells) {
        if (head.dataset.by === by) { head.setAttribute("aria-sort", Boolean(downwards[by]) !== turned ? "descending" : "ascending"); } else { head.removeAttribute("aria-sort"); }
      }
    }

    for (const head of table.tHead.rows[0].cells) {
      const button = make("button", head.textContent);
      button.type = "button";
      button.addEventListener("click", function () {
        const by = head.dataset.by, now = state().get("sort");
        const wanted = now === by ? "-" + by : by;
        keep("sort", wanted);
        sort(by, wanted[0] === "-");
      });
      head.replaceChildren(button);
    }
    const now = state();
    filter.value = now.get("q") || "";
    choice.value = now.get("state") || "";
    const by = (now.get("sort") || "").replace(/^-/, "");
    if (by in values) { sort(by, now.get("sort")[0] === "-"); }
    filter.addEventListener("input", function () { keep("q", filter.value.trim()); show(); });
    choice.addEventListener("change", function () { keep("state", choice.value); show(); });
    show();
  }

  function unfold() {
    const target = location.hash.length > 1 && location.hash.indexOf("=") < 0 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  }

  function uses(row, names) {
    const list = document.createElement("ul"), byCluster = new Map();
    for (const use of row[4]) {
      if (!byCluster.has(use[0])) { byCluster.set(use[0], []); }
      byCluster.get(use[0]).push(use);
    }
    for (const [cluster, several] of byCluster) {
      const item = document.createElement("li");
      item.append(make("b", names[cluster][0]), ": ");
      several.forEach(function (use, place) {
        const link = make("a", use[2] || names[cluster][2]);
        link.href = names[cluster][1] + use[1];
        item.append(place ? ", " : "", link);
      });
      list.append(item);
    }
    return list;
  }

  function listing() {
    const place = document.getElementById("rows");
    if (!place) { return; }
    load("clusters", function () {
      load(key, function () {
        const names = data.clusters, all = data[key].rows || [], filter = document.getElementById("filter");
        const texts = all.map(function (row) {
          return fold([row[0], row[1]].concat(row[4].map(function (use) { return names[use[0]][0] + " " + use[2]; })).join(" "));
        });
        let limit = STEP;

        function item(row) {
          const found = document.createElement("li"), details = document.createElement("details"), summary = document.createElement("summary");
          const count = new Set(row[4].map(function (use) { return use[0]; })).size;
          summary.append(make("b", row[0]), " ", make("span", count === 1 ? words.inCluster : say(words.inClusters, { count: count }), "badge " + row[2]));
          if (row[3]) {
            const [day, latest] = row[3], gone = Date.parse(day) + DAY <= Date.now();
            summary.append(" ", make("span", say(latest ? words.endedBy : gone ? words.endedOn : words.until, { day: day }), gone ? "badge bad" : "muted"));
          }
          if (row[1]) { summary.append(" ", make("span", row[1], "muted")); }
          details.append(summary);
          details.addEventListener("toggle", function () {
            if (details.open && details.childElementCount === 1) { details.append(uses(row, names)); }
          });
          found.append(details);
          return found;
        }

        function show() {
          const wanted = fold(filter.value.trim()).split(/\s+/).filter(Boolean);
          const fit = all.filter(function (_row, at) { return wanted.every(function (word) { return texts[at].includes(word); }); });
          const items = fit.slice(0, limit).map(item);
          if (fit.length > limit) {
            const more = make("button", words.more), last = document.createElement("li");
            more.type = "button";
            more.addEventListener("click", function () { limit += STEP; show(); });
            last.append(more);
            items.push(last);
          }
          place.replaceChildren.apply(place, items.length ? items : [make("li", words.nothing)]);
          document.getElementById("shown").textContent = say(words.shown, { count: fit.length, total: all.length });
        }

        const unknown = data[key].unknown || [];
        if (unknown.length) {
          const line = document.getElementById("unknown");
          line.textContent = say(words.unknown, { clusters: unknown.map(function (at) { return names[at][0]; }).join(", ") });
          line.hidden = false;
        }
        filter.value = state().get("q") || "";
        filter.addEventListener("input", function () { limit = STEP; keep("q", filter.value.trim()); show(); });
        document.querySelector(".tools").hidden = false;
        show();
      });
    });
  }

  // A word's shard: the code points of what it begins with, as the index has them. Of Chinese one character, of the rest two.
  function shard(word) {
    const start = /^[\u3400-\u9fff]/.test(word) ? word.slice(0, 1) : word.slice(0, 2);
    return "find/" + Array.from(start).map(function (character) { return character.codePointAt(0).toString(16); }).join("-");
  }

  function finding() {
    const form = document.querySelector(".find"), field = document.getElementById("find"), place = document.getElementById("found");
    form.hidden = false;
    form.addEventListener("submit", function (event) { event.preventDefault(); const first = place.querySelector("a"); if (first) { location.href = first.href; } });

    function show() {
      const asked = fold(field.value.trim());
      const parts = asked.match(/[\p{L}\p{N}]+/gu) || [];
      const longest = parts.slice().sort(function (a, b) { return b.length - a.length; })[0] || "";
      keep("find", asked);
      // A version such as 7.2.4 has words of one character alone: they have a shard of their own.
      if (!longest || (asked.length < 2 && !/[\u3400-\u9fff]/.test(longest))) { place.hidden = true; return; }
      load("clusters", function () {
        load(shard(longest), function () {
          if (fold(field.value.trim()) !== asked) { return; }
          const names = data.clusters, ranked = [];
          for (const line of data[shard(longest)]) {
            const name = fold(line[0]);
            if (!parts.every(function (part) { return name.includes(part); })) { continue; }
            const at = name.indexOf(asked);
            ranked.push([name === asked || name.endsWith("/" + asked) ? 0 : at === 0 ? 1 : at > 0 ? 2 : 3, line]);
          }
          ranked.sort(function (a, b) { return a[0] - b[0] || a[1][0].length - b[1][0].length || (a[1][0] < b[1][0] ? -1 : 1); });
          const items = ranked.slice(0, FOUND).map(function (one) { return result(one[1], names); });
          place.replaceChildren.apply(place, items.length ? items : [make("li", words.nothing)]);
          place.hidden = false;
        });
      });
    }

    function result(line, names) {
      const item = document.createElement("li");
      item.append(make("span", words.kinds[line[1]], "kind"), " ", make("b", line[0]), ": ");
      let count = 0;
      const total = line[2].reduce(function (sum, group) { return sum + group[1].length; }, 0);
      for (const [page, several, label] of line[2]) {
        for (const at of several) {
          if (count === 8) { break; }
          const link = make("a", names[at][0] + (label ? " (" + say(words.onlyIn, { label: label }) + ")" : ""));
          const base = label ? names[at][1].replace(/^([^/]+)\/[^/]+\//, "$1/" + label + "/") : names[at][1];
          link.href = base + page;
          item.append(count ? ", " : "", link);
          count += 1;
        }
      }
      if (total > count) { item.append(" … ", make("span", say(words.inClusters, { count: total }), "muted")); }
      return item;
    }

    field.value = state().get("find") || "";
    field.addEventListener("input", show);
    if (field.value) { show(); }
  }

  document.addEventListener("DOMContentLoaded", function () {
    finding();
    clusters();
    listing();
    unfold();
    window.addEventListener("hashchange", unfold);
  });
})();
