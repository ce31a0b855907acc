// Runs in the page, from disk too: no request leaves. Without it the page says the same, in UTC and without ages.
(function () {
  "use strict";

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
        note.textContent = " (" + here + ", " + age(seconds) + ")";
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
      note.textContent = " (" + age((Date.now() - moment.getTime()) / 1000) + ")";
      element.insertAdjacentElement("afterend", note);
    }
  }

  function filters() {
    for (const box of document.querySelectorAll(".rkedoc-scroll[data-rkedoc-filter]")) {
      const rows = Array.from(box.querySelectorAll("tbody tr"));
      const label = document.createElement("label");
      label.className = "rkedoc-filter";
      const field = document.createElement("input");
      field.type = "search";
      field.placeholder = box.dataset.rkedocFilter || "Filter the rows";
      field.setAttribute("aria-label", field.placeholder);
      const count = document.createElement("span");
      count.setAttribute("role", "status");
      label.append(field, count);
      box.before(label);
      let texts = null;
      field.addEventListener("input", function () {
        texts = texts || rows.map(function (row) { return row.textContent.toLowerCase(); });
        const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
        let shown = 0;
        rows.forEach(function (row, index) {
          const keep = wanted.every(function (word) { return texts[index].includes(word); });
          row.hidden = !keep;
          shown += keep ? 1 : 0;
        });
        count.textContent = wanted.length ? shown + " / " + rows.length : "";
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
    filters();
    if (location.hash) { unfold(); }
    window.addEventListener("hashchange", unfold);
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
