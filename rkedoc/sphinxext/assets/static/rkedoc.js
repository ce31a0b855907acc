// Runs in the page, from disk too: no request leaves. Without it the page says the same, in UTC and without ages.
(function () {
  "use strict";

  const wide = document.documentElement.lang.startsWith("zh"); // whose punctuation has its blank within it

  function inBrackets(text) {
    return wide ? "（" + text + "）" : " (" + text + ")";
  }

  function age(seconds) {
    const language = document.documentElement.lang || "en";
    const steps = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
    let unit = "minute", count = 0;
    for (const [name, length] of steps) {
      if (Math.abs(seconds) >= length) { unit = name; count = Math.floor(Math.abs(seconds) / length); break; }
    }
    count = seconds < 0 ? count : -count;
    try {
      return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(count, unit);
    } catch (_error) {
      return String(-count) + " " + unit;
    }
  }

  function times() {
    for (const element of document.querySelectorAll("time[data-rkedoc-time]")) {
      const moment = new Date(element.getAttribute("datetime"));
      if (isNaN(moment.getTime())) { continue; }
      const here = moment.toLocaleString(document.documentElement.lang || undefined, { dateStyle: "medium", timeStyle: "short" });
      if (element.hasAttribute("data-rkedoc-age")) {
        const seconds = (Date.now() - moment.getTime()) / 1000;
        const note = document.createElement("span");
        note.className = seconds > 7 * 86400 ? "rkedoc-age rkedoc-old" : "rkedoc-age";
        note.textContent = inBrackets(here + (wide ? "，" : ", ") + age(seconds));
        element.insertAdjacentElement("afterend", note);
      } else {
        element.title = here;
      }
    }
    for (const element of document.querySelectorAll("time[data-rkedoc-day]")) {
      const moment = new Date(element.getAttribute("datetime"));
      if (isNaN(moment.getTime())) { continue; }
      const note = document.createElement("span");
      note.className = "rkedoc-age";
      note.textContent = inBrackets(age((Date.now() - moment.getTime()) / 1000));
      element.insertAdjacentElement("afterend", note);
      if (element.dataset.rkedocPast && Date.now() >= moment.getTime() + 86400000) {
        const badge = document.createElement("span");
        badge.className = "rkedoc-badge rkedoc-tone-bad";
        badge.textContent = element.dataset.rkedocPast;
        note.after(" ", badge);
        for (const then of element.closest("p, td").querySelectorAll(".rkedoc-tone-ok")) { then.classList.replace("rkedoc-tone-ok", "rkedoc-tone-muted"); }
      }
    }
  }

  // The address remembers what a reader has chosen in a table, so that it can be sent to somebody: ?rows.<table>=words&sort.<table>=column.
  function remember(key, value) {
    const chosen = new URLSearchParams(location.search);
    if (value) { chosen.set(key, value); } else { chosen.delete(key); }
    const query = chosen.toString();
    try {
      history.replaceState(history.state, "", location.pathname + (query ? "?" + query : "") + location.hash);
    } catch (_error) { /* a browser that keeps the addresses of files as they are */ }
  }

  function tables() {
    const chosen = new URLSearchParams(location.search);
    const seen = {};
    for (const box of document.querySelectorAll(".rkedoc-rows")) {
      const section = box.closest("section[id]");
      const place = section ? section.id : "page";
      seen[place] = (seen[place] || 0) + 1;
      const name = seen[place] > 1 ? place + "-" + seen[place] : place;
      const table = box.querySelector("table.rkedoc-table");
      if (!table) { continue; }
      if (box.dataset.rkedocFilter) { filter(box, "rows." + name, chosen); }
      if (table.tBodies[0].rows.length > 3 && !table.classList.contains("rkedoc-below")) { sorting(table, "sort." + name, chosen); }
    }
  }

  // Tables in running text become cards where there is no room for columns, as those of the views do.
  function proseTables() {
    if (!document.querySelector(".rkedoc-banner")) { return; }
    for (const table of document.querySelectorAll("article table.docutils, main table.docutils")) {
      if (table.closest(".rkedoc-rows") || !table.tHead || table.querySelector("[colspan], [rowspan]")) { continue; }
      const names = Array.from(table.tHead.rows[0].cells, function (cell) { return cell.textContent.trim(); });
      for (const row of table.tBodies[0].rows) {
        Array.from(row.cells).forEach(function (cell, place) { cell.dataset.label = names[place] || ""; });
      }
      const box = document.createElement("div");
      box.className = "rkedoc-rows";
      table.before(box);
      box.append(table);
      table.classList.add("rkedoc-table");
    }
  }

  function filter(box, key, chosen) {
    const rows = Array.from(box.querySelectorAll("tbody tr"));
    const label = document.createElement("label");
    label.className = "rkedoc-filter";
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = box.dataset.rkedocFilter;
    field.setAttribute("aria-label", field.placeholder);
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    label.append(field, count);
    box.before(label);
    let texts = null;
    function narrow() {
      texts = texts || rows.map(function (row) { return row.textContent.toLowerCase(); });
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(function (row, index) {
        const keep = wanted.every(function (word) { return texts[index].includes(word); });
        row.hidden = !keep;
        shown += keep ? 1 : 0;
      });
      count.textContent = wanted.length ? shown + " / " + rows.length : "";
    }
    field.addEventListener("input", function () { narrow(); remember(key, field.value.trim()); });
    field.value = chosen.get(key) || "";
    if (field.value) { narrow(); }
  }

  function valueOf(row, column) {
    const cell = row.cells[column];
    if (!cell) { return ""; }
    if (cell.dataset.sort) { return cell.dataset.sort; }
    const time = cell.querySelector("time");
    return time ? time.getAttribute("datetime") : cell.textContent.trim();
  }

  // Amounts are compared as numbers, everything else as words in which digits are numbers; a cell that says nothing comes first.
  function compare(collator, one, other) {
    const difference = one && other ? Number(one) - Number(other) : NaN;
    return difference === difference ? difference : collator.compare(one === "–" ? "" : one, other === "–" ? "" : other);
  }

  function sorting(table, key, chosen) {
    const body = table.tBodies[0];
    const given = Array.from(body.rows);
    const heads = Array.from(table.tHead.rows[0].cells);
    const collator = new Intl.Collator(document.documentElement.lang || undefined, { numeric: true, sensitivity: "base" });
    function order(column, direction) {
      heads.forEach(function (head, index) {
        if (index === column && direction) { head.setAttribute("aria-sort", direction); } else { head.removeAttribute("aria-sort"); }
      });
      const rows = given.slice();
      if (direction) {
        const sign = direction === "ascending" ? 1 : -1;
        const values = new Map(rows.map(function (row) { return [row, valueOf(row, column)]; }));
        rows.sort(function (one, other) { return sign * compare(collator, values.get(one), values.get(other)); });
      }
      body.append.apply(body, rows);
    }
    const next = { "": "ascending", ascending: "descending", descending: "" };
    heads.forEach(function (head, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.append.apply(button, Array.from(head.childNodes));
      head.append(button);
      button.addEventListener("click", function () {
        const direction = next[head.getAttribute("aria-sort") || ""];
        order(column, direction);
        remember(key, direction && (direction === "descending" ? "-" : "") + (column + 1));
      });
    });
    const wanted = /^(-?)(\d{1,3})$/.exec(chosen.get(key) || "");
    if (wanted && heads[wanted[2] - 1]) { order(wanted[2] - 1, wanted[1] ? "descending" : "ascending"); }
  }

  // A mark that says where something was read shuts on Escape, and opens again when it is left and come back to.
  function marks() {
    document.addEventListener("keydown", function (event) {
      if (event.key !== "Escape") { return; }
      for (const mark of document.querySelectorAll(".rkedoc-read:hover, .rkedoc-read:focus-within")) { mark.classList.add("rkedoc-shut"); }
    });
    for (const leaving of ["mouseout", "focusout"]) {
      document.addEventListener(leaving, function (event) {
        const mark = event.target.closest && event.target.closest(".rkedoc-read");
        if (mark && !(event.relatedTarget && mark.contains(event.relatedTarget))) { mark.classList.remove("rkedoc-shut"); }
      });
    }
  }

  function unfold() {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch (_error) { return; }
    let element = name && document.getElementById(name);
    const target = element;
    for (; element; element = element.parentElement) {
      if (element.tagName === "DETAILS") { element.open = true; }
    }
    if (target && target.scrollIntoView) { target.scrollIntoView(); }
  }

  function languages() {
    for (const link of document.querySelectorAll("a[data-rkedoc-language]")) {
      const plain = link.getAttribute("href");
      link.addEventListener("click", function () { link.setAttribute("href", plain + location.search + location.hash); });
    }
  }

  function start() {
    times();
    languages();
    tables();
    proseTables();
    marks();
    if (location.hash) { unfold(); }
    window.addEventListener("hashchange", unfold);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
